/// What each of several requests to stop means, one after the other. Pure.
///
/// One keystroke can be several signals: `timeout -s INT` sends its signal to the program and to its group, and a shell passes on what
/// the terminal has sent already. So whatever comes within a moment of the first is that one again.
package struct StopRequests {
    /// Meaning of a request.
    package enum Meaning: Sendable, Equatable {
        /// The first: finish what is half done, and save.
        case stop
        /// The first once more.
        case again
        /// A second one: end at once.
        case endNow
    }

    private let moment: Duration
    private var first: ContinuousClock.Instant?

    /// - Parameter moment: how long after the first request another one is the same; zero: each further one ends at once.
    package init(moment: Duration) { self.moment = moment }

    /// Meaning of a request that comes at an instant, not before those that came already.
    package mutating func received(at now: ContinuousClock.Instant) -> Meaning {
        guard let first else {
            self.first = now
            return .stop
        }
        return now - first < moment ? .again : .endNow
    }
}
