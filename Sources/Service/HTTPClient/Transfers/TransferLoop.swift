import CCurl
import Foundation
import System

/// The thread on which all transfers of an `HTTPTransfers` run, over one libcurl multi handle.
///
/// `@unchecked Sendable`: `inbox` has a lock; `curl_multi_wakeup` may be called by any thread for as long as the multi handle lives,
/// which is as long as this object; all else is touched by the loop's thread alone.
final class TransferLoop: @unchecked Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A transfer that was asked for.
    struct Order: Sendable {
        let id: UInt64
        let url: String
        let call: HTTPCall
        let deadline: Instant
        let then: @Sendable (Result<HTTPReply, TransferError>) -> Void
    }

    private struct Inbox {
        var orders: [Order] = []
        var cancelled: [UInt64] = []
        var lastID: UInt64 = 0
        var isStarted = false
        var isClosed = false
    }

    private static let isLibraryReady = {
        OpenSSLCleanup.leaveToSystem()
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
    /// Handles without a transfer that are kept for the next ones.
    private static let mostIdleHandles = 64
    private static let longestPoll = Duration.seconds(60)
    private static let stackBytes = 8 << 20

    private let configuration: HTTPClientConfiguration
    private let inbox = Locked(Inbox())
    /// nil where libcurl has no memory, or was built without what it needs.
    private let multi: UnsafeMutableRawPointer?
    private var waiting: [Order] = []
    private var running: [UnsafeMutableRawPointer: (order: Order, transfer: CurlTransfer)] = [:]
    private var idle: [UnsafeMutableRawPointer] = []

    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        multi = TransferLoop.isLibraryReady ? curl_multi_init() : nil
        // Left to itself curl keeps four connections for each transfer that runs at the moment, and closes the others whenever one ends.
        if let multi { remit_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxTransfers) }
    }

    deinit {
        for easy in idle { curl_easy_cleanup(easy) }
        if let multi { curl_multi_cleanup(multi) }
    }

    // MARK: - From any thread

    /// Takes an order and gives it an id; its end is told by `then`, once, on the loop's thread (at once where there can be none).
    func add(
        _ call: HTTPCall, url: String, deadline: Instant,
        then: @escaping @Sendable (Result<HTTPReply, TransferError>) -> Void
    ) -> UInt64 {
        guard multi != nil else {
            then(.failure(.permanent("libcurl could not be set up")))
            return 0
        }
        let (id, isFirst) = inbox.withLock { inbox in
            inbox.lastID += 1
            inbox.orders.append(Order(id: inbox.lastID, url: url, call: call, deadline: deadline, then: then))
            defer { inbox.isStarted = true }
            return (inbox.lastID, !inbox.isStarted)
        }
        if isFirst { start() } else { wake() }
        return id
    }

    /// Ends a transfer with `cancelled`, unless it is over.
    func cancel(_ id: UInt64) {
        inbox.withLock { $0.cancelled.append(id) }
        wake()
    }

    /// Ends all transfers with `cancelled`, and the thread.
    func close() {
        inbox.withLock { $0.isClosed = true }
        wake()
    }

    private func wake() { if let multi { curl_multi_wakeup(multi) } }

    /// Where there is no thread, what was ordered fails with that; the next order tries again.
    private func start() {
        do {
            try DetachedThread.start("remit-http", stackBytes: Self.stackBytes) { [self] in
                if let multi { run(multi) }
            }
        } catch {
            let orders = inbox.withLock { inbox in
                defer { (inbox.orders, inbox.cancelled, inbox.isStarted) = ([], [], false) }
                return inbox.orders
            }
            for order in orders { order.then(.failure(.permanent("\(error)"))) }
        }
    }

    // MARK: - On the loop's thread

    private func run(_ multi: UnsafeMutableRawPointer) {
        while true {
            let (orders, cancelled, isClosed) = inbox.withLock { inbox in
                defer { (inbox.orders, inbox.cancelled) = ([], []) }
                return (inbox.orders, inbox.cancelled, inbox.isClosed)
            }
            waiting += orders
            for id in cancelled { cancelNow(id) }
            if isClosed { return endAll(.cancelled) }
            endLate(at: .now)
            startWaiting(multi)
            transfer(multi)
            if !waiting.isEmpty, running.count < configuration.maxTransfers { continue }
            let first = waiting.map(\.deadline).min() ?? .now + Self.longestPoll
            let pause = min(max(first - .now, .zero), Self.longestPoll)
            curl_multi_poll(multi, nil, 0, Int32(pause.milliseconds) + 1, nil)
        }
    }

    /// Lets curl do what can be done now, and tells of what is over.
    private func transfer(_ multi: UnsafeMutableRawPointer) {
        var count: Int32 = 0
        let code = curl_multi_perform(multi, &count)
        guard code == CURLM_OK else { return endAll(.transient(String(cString: curl_multi_strerror(code)))) }
        var easy: UnsafeMutableRawPointer?
        var result = CURLE_OK
        while remit_curl_next_finished(multi, &easy, &result) != 0 {
            guard let easy, let transfer = running[easy]?.transfer else { continue }
            end(easy, transfer.result(result))
        }
    }

    private func startWaiting(_ multi: UnsafeMutableRawPointer) {
        let count = min(configuration.maxTransfers - running.count, waiting.count)
        guard count > 0 else { return }
        let orders = waiting.prefix(count)
        waiting.removeFirst(count)
        for order in orders {
            guard let easy = idle.popLast() ?? curl_easy_init() else {
                order.then(.failure(.transient("libcurl has no memory for another transfer")))
                continue
            }
            do throws(TransferError) {
                let transfer = try CurlTransfer(
                    easy, order.call, url: order.url, configuration, timeout: order.deadline - .now)
                let code = curl_multi_add_handle(multi, easy)
                guard code == CURLM_OK else { throw .transient(String(cString: curl_multi_strerror(code))) }
                running[easy] = (order, transfer)
            } catch {
                setAside(easy)
                order.then(.failure(error))
            }
        }
    }

    private func cancelNow(_ id: UInt64) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index).then(.failure(.cancelled))
        } else if let easy = running.first(where: { $0.value.order.id == id })?.key {
            end(easy, .failure(.cancelled))
        }
    }

    /// Of those that run, curl keeps the time itself.
    private func endLate(at now: Instant) {
        let late = waiting.filter { $0.deadline <= now }
        guard !late.isEmpty else { return }
        waiting.removeAll { $0.deadline <= now }
        let reason = "timed out while \(configuration.maxTransfers) other transfers were running"
        for order in late { order.then(.failure(.transient(reason))) }
    }

    private func endAll(_ error: TransferError) {
        for easy in Array(running.keys) { end(easy, .failure(error)) }
        let orders = waiting
        waiting = []
        for order in orders { order.then(.failure(error)) }
    }

    private func end(_ easy: UnsafeMutableRawPointer, _ result: Result<HTTPReply, TransferError>) {
        guard let (order, transfer) = running.removeValue(forKey: easy) else { return }
        // What curl was lent it may touch until the handle has forgotten it.
        withExtendedLifetime(transfer) {
            if let multi { curl_multi_remove_handle(multi, easy) }
            setAside(easy)
        }
        order.then(result)
    }

    /// The handle forgets what it was lent, and keeps no transfer's memory.
    private func setAside(_ easy: UnsafeMutableRawPointer) {
        curl_easy_reset(easy)
        if idle.count < Self.mostIdleHandles { idle.append(easy) } else { curl_easy_cleanup(easy) }
    }
}
