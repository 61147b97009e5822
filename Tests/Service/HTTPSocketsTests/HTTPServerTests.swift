import Foundation
import HTTPSockets
import Synchronization
import System
import TestSupport
import Testing

/// A server with a `TestHandler` on a free port, stopped when the test lets go of it.
final class TestServer: Sendable {
    let handler = TestHandler()
    let server: HTTPServer
    let port: Int
    let drained = Atomic<Bool>(false)
    private let recorded = Events()

    final class Events: Sendable {
        let all = Locked<[HTTPServerEvent]>([])
    }

    var events: [HTTPServerEvent] { recorded.all.withLock { $0 } }

    init(_ configuration: HTTPServerConfiguration = HTTPServerConfiguration()) throws {
        let recorded = recorded
        server = try HTTPServer(configuration: configuration, handler: handler) { event in
            recorded.all.withLock { $0.append(event) }
        }
        port = try server.start().port
    }

    /// Whether the server is alive and well for a new client.
    func answers() throws -> Bool {
        let client = try RawClient(port: port)
        client.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
        return try client.response()?.text == "hello"
    }
}

@Suite(.serialized) struct HTTPServerTests {
    private let hello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: hostileRequests)
    func answersEachHostileRequestAsItMust(row: HostileRequest) async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send(row.bytes)
            for status in row.statuses {
                let response = try client.response()
                #expect(response?.status == status)
                if status >= 500 || (400..<500).contains(status) && status != 401 {
                    #expect((response?.value("Connection") == "close") == row.closes)
                }
            }
            if row.closes {
                #expect(try client.isClosed())
            } else {
                client.send("GET /peer HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.response()?.text.hasPrefix("127.0.0.1:") == true)
            }
            #expect(try test.answers())
        }
    }

    @Test func answersInOrderHoweverTheBytesArrive() async throws {
        try await onThread {
            let test = try TestServer()
            let bodies = (0..<50).map { "body number \($0)" }
            let bytes = bodies.map {
                "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)"
            }.joined()
            for pieces in [1, 17, 1000, Int.max] {
                let client = try RawClient(port: test.port)
                var rest = Array(bytes.utf8)[...]
                while !rest.isEmpty {
                    client.send(Array(rest.prefix(pieces)))
                    rest = rest.dropFirst(pieces)
                }
                for body in bodies { #expect(try client.response()?.text == body) }
            }
        }
    }

    @Test func sendsDateAndLengthAndNothingOfItsOwnTwice() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send(hello)
            let response = try #require(try client.response())
            #expect(
                response.fields.map { String($0.prefix { $0 != ":" }) } == ["Date", "Content-Type", "Content-Length"])
            #expect(response.value("Date")?.hasSuffix(" GMT") == true && response.value("Date")?.count == 29)
        }
    }

    @Test func answersHEADWithTheFieldsOfGET() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            for path in ["/hello", "/stream", "/nothing"] {
                client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                let get = try #require(try client.response())
                client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try #require(try client.response(toHEAD: true))
                #expect(head.status == get.status && head.fields.dropFirst() == get.fields.dropFirst())
            }
            client.send(hello)
            #expect(try client.response()?.text == "hello")
        }
    }

    @Test func letsTheBodyComeWhenItIsExpected() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.response()?.status == 100)
            client.send("hi")
            #expect(try client.response()?.text == "hi")
            // One that does not wait is not told to go on.
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
            #expect(try client.response()?.text == "hi")
        }
    }

    @Test func aBodyOverTheLimitIsRefusedUnreadThoughTheClientKeepsSending() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: 20_000_000))
            let response = try client.response()
            #expect(response?.status == 413 && response?.text.contains("20000000") == true)
            #expect(try client.isClosed())
        }
    }

    @Test func streamsInChunksOrToTheClose() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n")
            let chunked = try client.response()
            #expect(chunked?.text == "one\ntwo\nthree\n" && chunked?.value("Content-Length") == nil)
            client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let plain = try client.response()
            #expect(plain?.text == "one\ntwo\nthree\n" && plain?.value("Connection") == "close")
            #expect(throws: (any Error).self) {
                let client = try RawClient(port: test.port)
                client.send("GET /broken-stream HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try client.response()
            }
        }
    }

    @Test(arguments: ["127.0.0.1", "::1", "[::1]", "localhost"])
    func listensOnIPv4AndIPv6(host: String) async throws {
        try await onThread {
            let test = try TestServer(HTTPServerConfiguration(host: host))
            let isIPv6 = host.contains(":") || (try? RawClient(port: test.port)) == nil
            let client = try RawClient(port: test.port, ipv6: isIPv6)
            client.send("GET /peer HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.response()?.text.hasPrefix(isIPv6 ? "[::1]:" : "127.0.0.1:") == true)
        }
    }

    @Test func saysWhyItCannotListen() throws {
        let test = try TestServer()
        let configuration = HTTPServerConfiguration(port: test.port)
        #expect(
            throws: HTTPServerError.cannotListen(host: "127.0.0.1", port: test.port, reason: "Address already in use")
        ) {
            _ = try HTTPServer(configuration: configuration, handler: TestHandler()).start()
        }
        #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(configuration: .init(host: "no.such.host.invalid"), handler: TestHandler()).start()
        }
    }
}
