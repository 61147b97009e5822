/// Runs work that blocks on a thread of its own; the cooperative pool only waits for it.
///
/// - Parameter name: what tools show of the thread.
/// - Throws: what `body` throws; `SystemError` where the system has no thread to give.
package func onThread<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try DetachedThread.start(name, stackBytes: 16 << 20) {
                continuation.resume(with: Result(catching: body))
            }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
