import Dispatch

/// Lets at most so many connections compute (tokenize, read and write JSON) at once; the others wait their turn. Never held
/// while a request waits for the engine.
package struct WorkPermits: Sendable {
    private let semaphore: DispatchSemaphore

    /// - Parameter count: how many may compute at once; above 0.
    package init(_ count: Int) {
        precondition(count > 0, "somebody must be let in")
        semaphore = DispatchSemaphore(value: count)
    }

    func run<Value>(_ work: () throws -> Value) rethrows -> Value {
        semaphore.wait()
        defer { semaphore.signal() }
        return try work()
    }
}
