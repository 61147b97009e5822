import Foundation
import HTTPSockets
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct OverloadTests {
    private let hello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
    private let held = "GET /held HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func theConnectionLimitAnswers503AndTheListenerGoesOn() async throws {
        try await onThread {
            let test = try TestServer(HTTPServerConfiguration(maxConnections: 2))
            do {
                let inside = [try RawClient(port: test.port), try RawClient(port: test.port)]
                inside.forEach { $0.send(held) }
                try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 2 }
                for _ in 0..<200 {
                    let outside = try RawClient(port: test.port)
                    outside.send(hello)
                    let response = try outside.response()
                    #expect(response?.status == 503 && response?.value("Connection") == "close")
                    #expect(try outside.isClosed())
                }
                for _ in inside { test.handler.release.signal() }
                for client in inside {
                    client.send(hello)
                    #expect(try client.response()?.text == "held")
                    #expect(try client.response()?.text == "hello")
                }
            }
            try Patience.eventually { test.server.openConnections == 0 }
            #expect(try test.answers())
        }
    }

    /// Who asks for nothing holds no door: the one that has been silent longest goes first, then who has idled longest.
    @Test func whoComesTakesThePlaceOfWhoAsksForNothing() async throws {
        try await onThread {
            let test = try TestServer(HTTPServerConfiguration(maxConnections: 3))
            let busy = try RawClient(port: test.port)
            busy.send(held)
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 1 }
            let idle = try RawClient(port: test.port)
            idle.send(hello)
            #expect(try idle.response()?.status == 200)
            let silent = try RawClient(port: test.port)
            try Patience.eventually { test.server.openConnections == 3 }
            // The silent one's place.
            let first = try RawClient(port: test.port)
            first.send(held)
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 3 }
            #expect(try silent.isClosed())
            // The idle one's, as soon as the server has seen that it idles.
            var second: RawClient
            var attempts = 0
            repeat {
                second = try RawClient(port: test.port)
                second.send(held)
                attempts += 1
                try Patience.eventually {
                    let refusals = test.events.count { if case .refused = $0 { true } else { false } }
                    return refusals == attempts || test.events.contains(.displaced(isSilent: false))
                }
            } while !test.events.contains(.displaced(isSilent: false))
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 4 }
            #expect(try idle.isClosed())
            #expect(test.events.count { $0 == .displaced(isSilent: true) } == 1)
            // All three are busy: nobody has to go.
            let outside = try RawClient(port: test.port)
            outside.send(hello)
            #expect(try outside.response()?.status == 503)
            for _ in 0..<3 { test.handler.release.signal() }
            for client in [busy, first, second] {
                #expect(try client.response()?.text == "held")
            }
        }
    }

    /// In a process of its own: a test that takes every descriptor would starve all others.
    @Test func survivesRunningOutOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let test = try TestServer()
                let hello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
                let early = try RawClient(port: test.port)
                early.send(hello)
                #expect(try early.response()?.status == 200)
                // Above all that the process has open: what is closed can be opened again.
                let highest = try #require((0..<Int32(4096)).last { fcntl($0, F_GETFD) >= 0 })
                var limit = rlimit(rlim_cur: rlim_t(highest) + 33, rlim_max: rlim_t(highest) + 33)
                setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
                var hogs: [Int32] = []
                while case let descriptor = open("/dev/null", O_RDONLY), descriptor >= 0 { hogs.append(descriptor) }
                for _ in 0..<20 {
                    // One descriptor for the client's end, none for the server's.
                    close(hogs.removeLast())
                    do {
                        let late = try RawClient(port: test.port)
                        late.send(hello)
                        let response = try late.response()
                        #expect(response?.status == 503 && response?.value("Connection") == "close")
                    }
                    // The client's end is closed by here: what is taken is its descriptor, or the one that the server is about to take
                    // again, which then gets the client's.
                    let hog = open("/dev/null", O_RDONLY)
                    try #require(hog >= 0)
                    hogs.append(hog)
                }
                #expect(test.events.contains(.refused(.noResources)))
                early.send(hello)
                #expect(try early.response()?.status == 200)
                hogs.forEach { close($0) }
                #expect(try test.answers())
            }
        }
    }

    @Test func bodiesTogetherAreBounded() async throws {
        try await onThread {
            let test = try TestServer(HTTPServerConfiguration(maxTotalBodyBytes: 1_000_000))
            let body = [UInt8](repeating: 0x61, count: 600_000)
            func post(_ path: String) throws -> RawClient {
                let client = try RawClient(port: test.port)
                client.send("POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
                client.send(body)
                return client
            }
            let first = try post("/held")
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 1 }
            #expect(test.server.heldBodyBytes == body.count)
            let second = try post("/echo")
            #expect(try second.response()?.status == 503)
            #expect(try second.isClosed())
            test.handler.release.signal()
            #expect(try first.response()?.text == "held")
            try Patience.eventually { test.server.heldBodyBytes == 0 }
            #expect(try post("/echo").response()?.body == body)
            try Patience.eventually { test.server.heldBodyBytes == 0 }
            // What only announces holds nothing; what breaks off gives back.
            let announcer = try RawClient(port: test.port)
            announcer.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            #expect(try post("/echo").response()?.body == body)
            do {
                let leaver = try RawClient(port: test.port)
                leaver.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
                leaver.send(body)
                try Patience.eventually { test.server.heldBodyBytes > 500_000 }
            }
            try Patience.eventually { test.server.heldBodyBytes < 500_000 }
        }
    }

    @Test func drainFinishesWhatRunsAndClosesWhatIdles() async throws {
        try await onThread {
            let test = try TestServer(HTTPServerConfiguration(lingerTimeout: .milliseconds(100)))
            let idle = try RawClient(port: test.port)
            idle.send(hello)
            #expect(try idle.response()?.value("Connection") == nil)
            let busy = try RawClient(port: test.port)
            busy.send(held + hello)
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 2 }
            Thread.detachNewThread { test.drained.store(test.server.drain(timeout: .seconds(10)), ordering: .relaxed) }
            #expect(try idle.isClosed())
            try Patience.eventually { (try? RawClient(port: test.port)) == nil }
            test.handler.release.signal()
            let response = try busy.response()
            #expect(response?.text == "held" && response?.value("Connection") == "close")
            #expect(try busy.isClosed())
            try Patience.eventually { test.drained.load(ordering: .relaxed) }
        }
    }

    @Test func drainGivesUpAtItsTimeout() async throws {
        try await onThread {
            let test = try TestServer()
            let busy = try RawClient(port: test.port)
            busy.send(held)
            try Patience.eventually { test.handler.started.load(ordering: .relaxed) == 1 }
            #expect(!test.server.drain(timeout: .milliseconds(100)))
            test.handler.release.signal()
            #expect(try busy.isClosed())
            try Patience.eventually { test.server.openConnections == 0 }
        }
    }
}
