import Dispatch
import Foundation
import HTTPClient
import HTTPSockets
import System

/// A server on a real socket that answers at once, holds its answers back until told, or answers without end.
final class HoldingServer: HTTPHandler {
    private struct State {
        var arrived = 0
        var gone = 0
        var isOpen = false
        var peers: Set<String> = []
    }

    private let condition = NSCondition()
    private let state = Locked(State())

    func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        .accept(maxBytes: 64 << 20, then: respond)
    }

    func protocolError(_ error: HTTPProtocolError) -> HTTPResponse { HTTPResponse(status: error.status) }

    private func respond(to request: HTTPRequest) -> HTTPResponse {
        change {
            $0.arrived += 1
            $0.peers.insert(request.connection.peer)
        }
        switch request.head.path {
        case "/held":
            wait { $0.isOpen }
            return HTTPResponse(status: 200, body: request.body)
        case "/silent":
            _ = request.connection.wait(forReadable: -1, until: .now + .seconds(120))
            change { $0.gone += 1 }
            return HTTPResponse(status: 500)
        case "/announced": return HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 100_000))
        case "/endless":
            return HTTPResponse(
                status: 200,
                body: .stream { writer in while true { try writer.write([UInt8](repeating: 1, count: 10_000)) } })
        default:
            return HTTPResponse(
                status: 200, fields: ["X-Method": request.head.method, "Content-Type": "text/plain"],
                body: request.body)
        }
    }

    var arrived: Int { state.withLock { $0.arrived } }
    var peers: Int { state.withLock { $0.peers.count } }

    /// Waits until so many requests have arrived.
    func waitForArrivals(_ count: Int) { wait { $0.arrived >= count } }
    /// Waits until the clients of so many silent requests have left.
    func waitForGone(_ count: Int) { wait { $0.gone >= count } }
    /// Lets all answers that are held go.
    func open() { change { $0.isOpen = true } }

    private func change(_ body: (inout State) -> Void) {
        condition.withLock {
            state.withLock { body(&$0) }
            condition.broadcast()
        }
    }

    private func wait(_ isTrue: (State) -> Bool) {
        condition.withLock {
            while !state.withLock({ isTrue($0) }) { condition.wait() }
        }
    }
}

/// A server and where it listens.
struct Running {
    let handler = HoldingServer()
    let server: HTTPServer
    let address: ServerAddress

    init() throws {
        server = try HTTPServer(configuration: HTTPServerConfiguration(), handler: handler)
        address = try ServerAddress("http://127.0.0.1:\(try server.start().port)")
    }
}

/// What came of transfers, in the order in which they were over.
final class Ends: Sendable {
    private let all = Locked<[(id: Int, result: Result<HTTPReply, TransferError>, thread: UInt)]>([])
    private let signal = DispatchSemaphore(value: 0)

    func add(_ id: Int, _ result: Result<HTTPReply, TransferError>) {
        all.withLock { $0.append((id, result, pthread_self())) }
        signal.signal()
    }

    /// Waits for so many more, and gives all that there are.
    func wait(_ count: Int) -> [(id: Int, result: Result<HTTPReply, TransferError>, thread: UInt)] {
        for _ in 0..<count { signal.wait() }
        return all.withLock { $0.map(\.self) }
    }
}
