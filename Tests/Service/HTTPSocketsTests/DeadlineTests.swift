import Foundation
import HTTPSockets
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct DeadlineTests {
    private let hello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

    private var short: HTTPServerConfiguration {
        HTTPServerConfiguration(
            idleTimeout: .milliseconds(300), headerTimeout: .milliseconds(300), bodyTimeout: .milliseconds(300),
            writeTimeout: .milliseconds(300), minBytesPerSecond: 1 << 20, lingerTimeout: .milliseconds(300))
    }

    /// Sends a byte every 50 ms until the server answers or closes.
    private func drip(_ client: RawClient, _ bytes: [UInt8]) throws -> RawClient.Response? {
        for byte in bytes {
            guard client.send([byte]) else { break }
            var polled = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&polled, 1, 50) > 0 { break }
        }
        return try client.response()
    }

    @Test func anIdleClientIsClosedWithoutAWord() async throws {
        try await onThread {
            let test = try TestServer(short)
            let client = try RawClient(port: test.port)
            #expect(try client.response() == nil)
            let second = try RawClient(port: test.port)
            second.send(hello)
            #expect(try second.response()?.status == 200)
            #expect(try second.response() == nil)
        }
    }

    /// Who has connected and sent nothing is held to the header's time, not to the time between requests.
    @Test func aSilentClientIsClosedAsALateHeaderIs() async throws {
        try await onThread {
            var configuration = short
            configuration.idleTimeout = .seconds(3600)
            let test = try TestServer(configuration)
            let silent = try RawClient(port: test.port)
            #expect(try silent.response() == nil)
        }
    }

    @Test func aDrippedHeaderIsEnded() async throws {
        try await onThread {
            let test = try TestServer(short)
            let response = try drip(try RawClient(port: test.port), Array(hello.utf8))
            #expect(response?.status == 408 && response?.text.contains("header") == true)
        }
    }

    @Test func aDrippedBodyIsEnded() async throws {
        try await onThread {
            let test = try TestServer(short)
            for framing in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
                let client = try RawClient(port: test.port)
                client.send("POST /echo HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n")
                let response = try drip(client, [UInt8](repeating: 0x31, count: 100))
                #expect(response?.status == 408 || response?.status == 400)
            }
        }
    }

    @Test func aDrainedBodyIsEndedToo() async throws {
        try await onThread {
            let test = try TestServer(short)
            let client = try RawClient(port: test.port)
            client.send("POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            #expect(try client.response()?.status == 401)
            #expect(try drip(client, [UInt8](repeating: 0x31, count: 100))?.status == 408)
        }
    }

    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        try await onThread {
            var configuration = short
            configuration.minBytesPerSecond = 1 << 30
            let test = try TestServer(configuration)
            let client = try RawClient(port: test.port, receiveBuffer: 4096)
            client.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
            try Patience.eventually { test.events.contains { if case .writeTimedOut = $0 { true } else { false } } }
            #expect(throws: RawClient.Failure.self) { _ = try client.response() }
            #expect(try test.answers())
        }
    }

    @Test func aHandlerThatWaitsLearnsThatItsClientLeft() async throws {
        try await onThread {
            let test = try TestServer()
            do {
                let client = try RawClient(port: test.port)
                client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
                try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 1 }
            }
            try Patience.eventually { test.handler.clientsGone.load(ordering: .relaxed) == 1 }
            try Patience.eventually { test.server.openConnections == 0 }
        }
    }
}

/// What a closed sending half means.
@Suite(.serialized) struct HalfCloseTests {
    @Test func aClientThatWaitsGetsItsAnswer() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send("GET /wait-for-release HTTP/1.1\r\nHost: h\r\n\r\n")
            client.closeSendingHalf()
            // Asked once whether it is still there.
            #expect(try client.response()?.status == 102)
            test.handler.wake()
            #expect(try client.response()?.text == "ready")
            #expect(try client.isClosed())
        }
    }

    @Test func aClientOfAnEarlierVersionIsGone() async throws {
        try await onThread {
            let test = try TestServer()
            let client = try RawClient(port: test.port)
            client.send("GET /wait HTTP/1.0\r\n\r\n")
            client.closeSendingHalf()
            try Patience.eventually { test.handler.clientsGone.load(ordering: .relaxed) == 1 }
        }
    }
}
