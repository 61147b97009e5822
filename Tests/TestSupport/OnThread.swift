import Foundation

/// Runs blocking work (a socket, curl, waitpid, a semaphore) on a thread of its own, so that no test holds one of the
/// cooperative pool's few threads.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            continuation.resume(with: Result(catching: body))
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
