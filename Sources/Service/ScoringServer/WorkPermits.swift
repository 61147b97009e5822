import Dispatch
import HTTPSockets

/// Lets at most so many connections compute (tokenize, read and write JSON) at once; the others wait their turn. Never held
/// while a request waits for the engine.
package struct WorkPermits: Sendable {
    /// How long a wait goes on before it looks whether the client is still there.
    private static let glance = Duration.milliseconds(100)

    private let semaphore: DispatchSemaphore

    /// - Parameter count: how many may compute at once; above 0.
    package init(_ count: Int) {
        precondition(count > 0, "somebody must be let in")
        semaphore = DispatchSemaphore(value: count)
    }

    /// Runs `work` when its turn has come.
    ///
    /// - Throws: `late` where the turn has not come by the deadline, `ServiceError.clientGone` where the client has left by then, and
    ///   what `work` throws.
    package func run<Value>(
        until deadline: ContinuousClock.Instant, for client: ConnectionMonitor,
        orThrow late: @autoclosure () -> any Error,
        _ work: () throws -> Value
    ) throws -> Value {
        while true {
            let left = min(max(deadline - .now, .zero), Self.glance)
            if semaphore.wait(timeout: .now() + left / .seconds(1)) == .success { break }
            guard ContinuousClock.now < deadline else { throw late() }
            if client.isClientGone() { throw ServiceError.clientGone }
        }
        defer { semaphore.signal() }
        return try work()
    }
}
