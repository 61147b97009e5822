import Foundation

/// Runs work that blocks (a whole training run) on a thread of its own; the cooperative pool only waits for it.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result(catching: body)) }
        thread.name = "remit-trainer"
        thread.stackSize = 16 << 20
        thread.start()
    }
}
