import Foundation
import RandomNumbers

/// Random numbers of a seed that is drawn anew each time, so that tests see other cases in every run, and printed, so that a case that fails can be
/// had again: with REMIT_TEST_SEED in the environment that seed is taken.
package struct DrawnRandom: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    /// - Parameter place: what the printed line names; where the test is.
    package init(_ place: String = #fileID) {
        let given = ProcessInfo.processInfo.environment["REMIT_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("\(place) draws with REMIT_TEST_SEED=\(seed)")
        numbers = SplitMix64(seed: seed)
    }

    package mutating func next() -> UInt64 { numbers.next() }
}
