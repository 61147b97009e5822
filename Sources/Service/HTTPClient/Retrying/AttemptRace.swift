import Dispatch
import System

/// Attempts at one call that run at once, and what comes back of them.
final class AttemptRace: Sendable {
    /// An attempt that is over.
    struct Ended: Sendable {
        let server: Int
        let began: ContinuousClock.Instant
        let result: Result<HTTPReply, TransferError>
    }

    private let ended = Locked<[Ended]>([])
    private let transfers = Locked<[HTTPTransfer]>([])
    private let waitedFor = Locked<Set<Int>>([])
    private let silence = Locked<String?>(nil)
    private let signal = DispatchSemaphore(value: 0)

    /// Begins an attempt at a server.
    ///
    /// - Parameter begin: starts the transfer, which tells its result once.
    func begin(
        _ server: Int, _ begin: (@escaping @Sendable (Result<HTTPReply, TransferError>) -> Void) -> HTTPTransfer
    ) {
        let began = ContinuousClock.now
        waitedFor.withLock { _ = $0.insert(server) }
        let transfer = begin { [self] result in
            waitedFor.withLock { _ = $0.remove(server) }
            ended.withLock { $0.append(Ended(server: server, began: began, result: result)) }
            signal.signal()
        }
        transfers.withLock { $0.append(transfer) }
    }

    /// Waits for the next attempt that is over. Where the flag is set before, all that run are cancelled and end soon.
    func next(_ cancellation: StopFlag?) -> Ended {
        signal.wait(orCancelled: cancellation, cancel)
        return taken()
    }

    /// Likewise, for so long at most; nil where none was over by then.
    func next(within limit: Duration, _ cancellation: StopFlag?) -> Ended? {
        let end = ContinuousClock.now + limit
        repeat {
            let left = min(max(end - .now, .zero), StopFlag.reaction)
            if signal.wait(timeout: .now() + .milliseconds(left.milliseconds)) == .success { return taken() }
            if cancellation?.isRequested == true { return next(cancellation) }
        } while end > .now
        return nil
    }

    /// Ends the attempts that are not over.
    func cancel() {
        let all = transfers.withLock { $0.map(\.self) }
        for transfer in all { transfer.cancel() }
    }

    /// Servers whose attempts are not over, ascending.
    var servers: [Int] { waitedFor.withLock { $0.sorted() } }

    /// Ends the attempts that are not over, as those of servers that are away.
    ///
    /// - Parameter reason: what is said of them.
    func abandon(_ reason: String) {
        silence.withLock { $0 = reason }
        cancel()
    }

    private func taken() -> Ended {
        let one = ended.withLock { $0.removeFirst() }
        guard case .failure(.cancelled) = one.result, let reason = silence.withLock(\.self) else { return one }
        return Ended(server: one.server, began: one.began, result: .failure(.transient(reason)))
    }
}
