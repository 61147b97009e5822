import Foundation
import HTTPClient
import HTTPSockets
import System
import Testing
import TestSupport

@Suite(.serialized) struct HTTPTransfersTests {
    private static let patience = Duration.seconds(60)

    private func get(_ path: String) -> HTTPCall { HTTPCall(path: path, accept: "*/*") }

    /// None of them is answered before all have arrived: one after the other they would never end.
    @Test func manyTransfersRunAtOnceOnOneThread() async throws {
        try await onThread {
            let (running, transfers, ends) = (try Running(), HTTPTransfers(), Ends())
            for id in 0..<100 {
                let call = HTTPCall(path: "/held", body: Array("\(id)".utf8), contentType: "text/plain", accept: "*/*")
                transfers.start(call, at: running.address, timeout: Self.patience) { ends.add(id, $0) }
            }
            running.handler.waitForArrivals(100)
            // Whoever holds the others up is not among them.
            #expect(try transfers.perform(get("/"), at: running.address, timeout: Self.patience).status == 200)
            running.handler.open()
            let all = ends.wait(100)
            for (id, result, _) in all { #expect(try result.get().body == Array("\(id)".utf8)) }
            #expect(Set(all.map(\.id)).count == 100 && Set(all.map(\.thread)).count == 1)
            // Those that come later find the connections of those that are over.
            for id in 100..<200 {
                transfers.start(get("/"), at: running.address, timeout: Self.patience) { ends.add(id, $0) }
            }
            for (_, result, _) in ends.wait(100) { #expect(try result.get().status == 200) }
            #expect(running.handler.peers == 101)
        }
    }

    @Test(arguments: [0, 1, 5_000_000]) func aBodyArrivesWhole(_ count: Int) async throws {
        try await onThread {
            let (running, transfers) = (try Running(), HTTPTransfers())
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for isPut in [false, true] {
                let call = HTTPCall(path: "/", body: body, contentType: "a/b", accept: "*/*", isPut: isPut)
                let reply = try transfers.perform(call, at: running.address, timeout: Self.patience)
                let isSame = reply.body == body
                #expect(isSame && reply.contentType == "text/plain")
            }
            #expect(running.handler.peers == 1)
        }
    }

    /// The server sees that its client has left: what it computes for nobody it can end.
    @Test func aCancelledTransferLeavesTheServer() async throws {
        try await onThread {
            let (running, transfers, ends) = (try Running(), HTTPTransfers(), Ends())
            let all = (0..<10).map { id in
                transfers.start(get("/silent"), at: running.address, timeout: Self.patience) { ends.add(id, $0) }
            }
            running.handler.waitForArrivals(10)
            for transfer in all.prefix(7) { transfer.cancel() }
            #expect(ends.wait(7).map(\.id).sorted() == Array(0..<7))
            running.handler.waitForGone(7)
            // Twice, and of one that is over, is nothing.
            for transfer in all { transfer.cancel() }
            let results = ends.wait(3)
            #expect(results.count == 10)
            for (_, result, _) in results { #expect(throws: TransferError.cancelled) { try result.get() } }
            #expect(try transfers.perform(get("/"), at: running.address, timeout: Self.patience).status == 200)
        }
    }

    @Test func aFlagEndsTheWaitForAReply() async throws {
        try await onThread {
            let (running, transfers, flag) = (try Running(), HTTPTransfers(), StopFlag())
            Thread.detachNewThread {
                running.handler.waitForArrivals(1)
                flag.request()
            }
            #expect(throws: TransferError.cancelled) {
                try transfers.perform(get("/silent"), at: running.address, timeout: Self.patience, cancellation: flag)
            }
            running.handler.waitForGone(1)
        }
    }

    @Test func transfersBeyondTheLimitWaitTheirTurn() async throws {
        try await onThread {
            let (running, ends) = (try Running(), Ends())
            let transfers = HTTPTransfers(HTTPClientConfiguration(maxTransfers: 2))
            let all = (0..<6).map { id in
                transfers.start(get("/held"), at: running.address, timeout: Self.patience) { ends.add(id, $0) }
            }
            running.handler.waitForArrivals(2)
            // One that has not begun is ended as well, and never reaches the server.
            all[3].cancel()
            #expect(ends.wait(1).map(\.id) == [3])
            // Nor does one whose time is over before its turn.
            transfers.start(get("/held"), at: running.address, timeout: .milliseconds(1)) { ends.add(6, $0) }
            guard case .failure(.transient(let reason))? = ends.wait(1).last?.result else {
                Issue.record("answered")
                return
            }
            #expect(reason.contains("timed out while 2 other transfers"))
            #expect(running.handler.arrived == 2)
            running.handler.open()
            #expect(Set(ends.wait(5).map(\.id)) == Set(0...6))
            #expect(running.handler.arrived == 5 && running.handler.peers <= 2)
        }
    }

    @Test func aServerThatDoesNotAnswerInTimeIsLeft() async throws {
        try await onThread {
            let (running, transfers) = (try Running(), HTTPTransfers())
            let error = #expect(throws: TransferError.self) {
                try transfers.perform(get("/silent"), at: running.address, timeout: .milliseconds(200))
            }
            guard case .transient(let reason)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("timed out"))
        }
    }

    @Test func aPortWhereNobodyListensIsTransient() async throws {
        try await onThread {
            let address = try {
                let running = try Running()
                _ = running.server.drain(timeout: .seconds(5))
                return running.address
            }()
            let error = #expect(throws: TransferError.self) {
                try HTTPTransfers().perform(get("/"), at: address, timeout: Self.patience)
            }
            guard case .transient? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: ["/announced", "/endless"]) func aReplyOverTheLimitIsCutOff(_ path: String) async throws {
        try await onThread {
            let running = try Running()
            let transfers = HTTPTransfers(HTTPClientConfiguration(maxReplyBytes: 99_999))
            #expect(throws: TransferError.tooLarge) {
                try transfers.perform(get(path), at: running.address, timeout: Self.patience)
            }
            let enough = HTTPTransfers(HTTPClientConfiguration(maxReplyBytes: 100_000))
            #expect(
                try enough.perform(get("/announced"), at: running.address, timeout: Self.patience).body.count
                    == 100_000)
        }
    }

    @Test func whatRunsWhenNobodyHoldsTheTransfersAnyMoreIsCancelled() async throws {
        try await onThread {
            let (running, ends) = (try Running(), Ends())
            do {
                let transfers = HTTPTransfers()
                transfers.start(get("/silent"), at: running.address, timeout: Self.patience) { ends.add(0, $0) }
                running.handler.waitForArrivals(1)
            }
            #expect(throws: TransferError.cancelled) { try ends.wait(1)[0].result.get() }
            running.handler.waitForGone(1)
        }
    }

    @Test func whatNoServerCanBeIsPermanent() async throws {
        try await onThread {
            let running = try Running()
            let missing = HTTPTransfers(HTTPClientConfiguration(caFile: "/nowhere/ca.pem"))
            let secure = try ServerAddress(running.address.description.replacing("http:", with: "https:"))
            let error = #expect(throws: TransferError.self) {
                try missing.perform(get("/"), at: secure, timeout: Self.patience)
            }
            guard case .permanent? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
