import ArgumentParser
import CommandLines
import Flywheel

/// Seeds as they are written on a command line: numbers and ranges, separated by commas.
struct SeedList: Sendable, CustomStringConvertible {
    /// Bases are no more than a report can compare.
    private static let counts = 1...1000

    let seeds: [UInt64]

    init(_ seeds: [UInt64]) { self.seeds = seeds }

    /// - Throws: `ValidationError` with what is expected.
    init(_ text: String) throws {
        var seeds: [UInt64] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            let ends = try part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                .map(
                    ArgumentRanges.seeds.number)
            guard let first = ends.first, let last = ends.last, first <= last else {
                throw ValidationError("a range of seeds goes up, as in 1-6; got \(part)")
            }
            guard last - first < UInt64(Self.counts.upperBound) else { throw Self.tooMany(got: "\(part)") }
            seeds += first...last
        }
        guard Self.counts.contains(seeds.count) else { throw Self.tooMany(got: "\(seeds.count)") }
        self.seeds = seeds
    }

    private static func tooMany(got: String) -> ValidationError {
        ValidationError("expected \(counts.written) seeds, got \(got)")
    }

    /// The list as it may be given, in the order it has: runs of seeds as ranges.
    var description: String { FlywheelReport.ranges(seeds) }
}
