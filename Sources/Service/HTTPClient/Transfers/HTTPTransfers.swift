import Dispatch
import System

/// Any number of HTTP transfers at once, all on one thread, which keeps their connections open for the next.
///
/// The thread is started by the first transfer, and ends with this object: transfers that still run then end with `cancelled`.
package final class HTTPTransfers: Sendable {
    private let loop: TransferLoop

    /// Transfers to any servers, made as the configuration says.
    package init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        loop = TransferLoop(configuration)
    }

    deinit { loop.close() }

    /// Begins a transfer and returns at once.
    ///
    /// - Parameters:
    ///   - timeout: from now to the last byte, the wait for other transfers to end included.
    ///   - then: called once with what came of it, on the one thread of all transfers: it returns at once, too.
    /// - Returns: a transfer that can be cancelled.
    @discardableResult
    package func start(
        _ call: HTTPCall, at server: ServerAddress, timeout: Duration,
        then: @escaping @Sendable (Result<HTTPReply, TransferError>) -> Void
    ) -> HTTPTransfer {
        HTTPTransfer(loop, loop.add(call, url: server.url(call.path), deadline: .now + timeout, then: then))
    }

    /// Makes a transfer and waits for its reply.
    ///
    /// - Parameters:
    ///   - timeout: from now to the last byte.
    ///   - cancellation: ends the transfer with `cancelled` soon after it is requested.
    /// - Throws: `TransferError`.
    package func perform(
        _ call: HTTPCall, at server: ServerAddress, timeout: Duration, cancellation: StopFlag? = nil
    ) throws(TransferError) -> HTTPReply {
        let found = Locked<Result<HTTPReply, TransferError>?>(nil)
        let isOver = DispatchSemaphore(value: 0)
        let transfer = start(call, at: server, timeout: timeout) { result in
            found.withLock { $0 = result }
            isOver.signal()
        }
        isOver.wait(orCancelled: cancellation) { transfer.cancel() }
        guard let result = found.withLock({ $0.take() }) else { throw .cancelled }
        return try result.get()
    }
}

/// A transfer that was begun.
package struct HTTPTransfer: Sendable {
    private let loop: TransferLoop
    private let id: UInt64

    init(_ loop: TransferLoop, _ id: UInt64) {
        self.loop = loop
        self.id = id
    }

    /// Ends the transfer: its connection is closed, so that the server sees that nobody waits any more, and what follows it is told
    /// `cancelled`. Does nothing where it is over. Any thread may, and more than once.
    package func cancel() { loop.cancel(id) }
}

extension DispatchSemaphore {
    /// Waits for a signal; where the flag is set before, calls `cancel`, which brings the signal about, and waits on.
    func wait(orCancelled cancellation: StopFlag?, _ cancel: () -> Void) {
        guard let cancellation else { return wait() }
        while wait(timeout: .now() + .milliseconds(StopFlag.reaction.milliseconds)) == .timedOut {
            guard cancellation.isRequested else { continue }
            cancel()
            return wait()
        }
    }
}
