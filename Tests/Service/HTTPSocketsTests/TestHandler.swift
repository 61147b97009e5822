import Foundation
import HTTPSockets
import Synchronization
import TestSupport

/// A few routes that show one behaviour each.
final class TestHandler: HTTPHandler {
    /// How many handlers were told that their client left.
    let clientsGone = Atomic<Int>(0)
    let started = Atomic<Int>(0)
    let release = DispatchSemaphore(value: 0)
    private let pipe = Pipe()

    /// Ends the wait of `/wait-for-release`.
    func wake() { pipe.fileHandleForWriting.write(Data([1])) }

    func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        if head.path == "/refused" {
            return .answer(HTTPResponse(status: 401, fields: ["WWW-Authenticate": "Bearer"], body: Array("no".utf8)))
        }
        return .accept(maxBytes: head.path == "/large" ? 256 << 20 : 1 << 20, then: respond)
    }

    private func respond(to request: HTTPRequest) -> HTTPResponse {
        started.add(1, ordering: .relaxed)
        switch request.head.path {
        case "/hello": return text("hello")
        case "/echo": return HTTPResponse(status: 200, body: request.body)
        case "/large": return text("\(request.body.count)")
        case "/nothing": return HTTPResponse(status: 204)
        case "/peer": return text(request.connection.peer)
        case "/big": return HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: 32 << 20))
        case "/inject": return HTTPResponse(status: 200, fields: ["X-Echo": "a\r\nSet-Cookie: b"])
        case "/stream":
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for part in ["one\n", "", "two\n", "three\n"] { try writer.write(Array(part.utf8)) }
                })
        case "/broken-stream":
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try writer.write(Array("one\n".utf8))
                    throw CancellationError()
                })
        case "/held":
            release.wait()
            return text("held")
        case "/wait-for-release":
            let end = pipe.fileHandleForReading.fileDescriptor
            return text("\(request.connection.wait(forReadable: end, until: .now + Patience.duration))")
        case "/wait":
            let outcome = request.connection.wait(forReadable: -1, until: .now + Patience.duration)
            if outcome == .clientGone { clientsGone.add(1, ordering: .relaxed) }
            return text("\(outcome)")
        default:
            return HTTPResponse(status: 404)
        }
    }

    func protocolError(_ error: HTTPProtocolError) -> HTTPResponse {
        HTTPResponse(status: error.status, fields: ["Content-Type": "text/plain"], body: Array("\(error)".utf8))
    }

    private func text(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, fields: ["Content-Type": "text/plain"], body: Array(text.utf8))
    }
}
