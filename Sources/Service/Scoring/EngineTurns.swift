import Digests

/// Whose turn it is: engines that have work share the one thread that runs them equally by time, however long their batches
/// take and however many requests wait for each. Start-time fair queueing (Goyal, Vin, Cheng 1996) with equal weights: each
/// engine has a clock of the seconds it was given, and the one that is furthest behind goes next. One that comes back after a
/// pause starts where the others are: pauses earn nothing. Pure.
package struct EngineTurns: Sendable {
    private var clocks: [SHA256Digest: Double] = [:]
    /// Where the engine that was chosen last stood then.
    private var now = 0.0
    private var last: SHA256Digest?

    /// Clocks that stand equal: no engine has had a turn.
    package init() {}

    /// Chooses the engine that goes next. Of two that stand equal it is the one that was not served last, then the older. Nil
    /// where none has work.
    ///
    /// - Parameter waiting: those that have work, in the order of their oldest request.
    package mutating func next(of waiting: [SHA256Digest]) -> SHA256Digest? {
        func start(_ engine: SHA256Digest) -> Double { max(clocks[engine] ?? 0, now) }
        let chosen = waiting.min { left, right in
            (start(left), left == last ? 1 : 0) < (start(right), right == last ? 1 : 0)
        }
        guard let chosen else { return nil }
        now = start(chosen)
        clocks[chosen] = now
        last = chosen
        // Who stands no further than the others is as good as new: engines that are gone are not remembered.
        clocks = clocks.filter { $0.value > now || $0.key == chosen }
        return chosen
    }

    /// Adds what the engine's turn took to its clock.
    package mutating func charge(_ engine: SHA256Digest, _ duration: Duration) {
        clocks[engine, default: now] += max(duration / .seconds(1), 0)
    }
}
