import System

/// Lends handles: as many exist as calls have run at once.
final class HandlePool: Sendable {
    private let idle = Locked<[CurlHandle]>([])

    func withHandle<Result>(
        _ body: (CurlHandle) throws(TransferError) -> Result
    ) throws(TransferError) -> Result {
        guard let handle = idle.withLock({ $0.popLast() }) ?? CurlHandle() else {
            throw .permanent("libcurl could not be set up")
        }
        defer { idle.withLock { $0.append(handle) } }
        return try body(handle)
    }
}
