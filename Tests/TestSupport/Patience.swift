import Foundation

/// How long a test waits for what must come.
///
/// A wait that succeeds is over at once, so this is no measure of speed: it is how long a machine with too much to do may take before a
/// test says that something hangs.
package enum Patience {
    package static let seconds: TimeInterval = 300
    package static let duration = Duration.seconds(300)

    package struct NeverHappened: Error {}

    /// Blocks until `condition` holds; call from `onThread`.
    package static func eventually(_ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + duration
        while try !condition() {
            guard ContinuousClock.now < end else { throw NeverHappened() }
            usleep(2000)
        }
    }
}
