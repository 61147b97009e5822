import Foundation
import TestSupport
import Testing

/// A live server with --store: what was scored once is served again, the same bits, by whoever opens the store next.
@Suite(.serialized) struct StoreTests {
    private static let request = #"""
        {"inputs":[{"text":"Ada has 17 eggs and finds 25 more."},{"token_ids":[21,27,1,22,30,31],"document_starts":[0,3]}]}
        """#
    private static let segments = 3

    @Test func aRestartedServerServesTheSameBits() async throws {
        try await onThread {
            let store = try StoreFolder()
            let first = try store.server()
            let scored = try first.logProbs(Self.request)
            #expect(scored.body.contains("teacher_logprobs"))
            #expect(try first.tokens("stored") == 0)
            let tokens = try first.tokens("computed")
            #expect(tokens > 10)
            #expect(try first.stop() == 0)

            let second = try store.server()
            #expect(try second.logProbs(Self.request).body == scored.body)
            #expect(try second.tokens("computed") == 0)
            #expect(try second.tokens("stored") == tokens)
            #expect(try second.metric("remit_store_lookups_total{result=\"hit\"}") == Self.segments)
            #expect(try second.metric("remit_store_hit_tokens_total") == tokens)
            // From memory this time: the store is not asked.
            #expect(try second.logProbs(Self.request).body == scored.body)
            #expect(try second.tokens("cached") == tokens)
            #expect(try second.metric("remit_store_lookups_total{result=\"hit\"}") == Self.segments)

            // Another precision has another scores fingerprint.
            let other = try store.server(["--precision", "bf16"])
            #expect(try other.logProbs(Self.request).body != scored.body)
            #expect(try other.tokens("stored") == 0)
            #expect(try other.metric("remit_store_lookups_total{result=\"hit\"}") == 0)
            #expect(try [second.stop(), other.stop()] == [0, 0])
            let statistics = try store.command("stats")
            #expect(statistics["segments"] as? Int == 2 * Self.segments)
            #expect((statistics["fingerprints"] as? [Any])?.count == 2)
        }
    }

    @Test func whatWasWrittenOutlivesSIGKILL() async throws {
        try await onThread {
            let store = try StoreFolder()
            let first = try store.server()
            let scored = try first.logProbs(Self.request)
            try first.waitUntilWritten(Self.segments)
            first.program.signal(SIGKILL)
            _ = try first.program.wait()

            #expect(try store.command("verify")["sound"] as? Bool == true)
            let second = try store.server()
            #expect(try second.logProbs(Self.request).body == scored.body)
            #expect(try second.tokens("computed") == 0)
        }
    }

    @Test func twoServersShareAStore() async throws {
        try await onThread {
            let store = try StoreFolder()
            let (first, second) = (try store.server(), try store.server())
            let scored = try first.logProbs(Self.request)
            try first.waitUntilWritten(Self.segments)
            #expect(try second.logProbs(Self.request).body == scored.body)
            #expect(try second.tokens("computed") == 0)
            #expect(try second.tokens("stored") == first.tokens("computed"))
            #expect(try [first.stop(), second.stop()] == [0, 0])
        }
    }

    @Test func aDamagedValueIsScoredAnewAndFound() async throws {
        try await onThread {
            let store = try StoreFolder()
            let first = try store.server()
            let scored = try first.logProbs(Self.request)
            #expect(try first.stop() == 0)
            try store.damage(oneValueOf: scored.body)

            let verified = try Program.run("remit-server", ["store", "verify", store.path])
            #expect(verified.status == 3 && verified.output.contains("1 corrupt"), "\(verified.output)")
            let second = try store.server()
            #expect(try second.logProbs(Self.request).body == scored.body)
            #expect(try second.metric("remit_store_corrupt_segments_total") == 1)
            #expect(try second.tokens("computed") > 0)
            try second.waitUntilWritten(1)
            #expect(try second.stop() == 0)
            #expect(try store.command("verify")["sound"] as? Bool == true)

            #expect(try store.command("prune", ["--max-bytes", "0"])["removed_segments"] as? Int == Self.segments)
            #expect(try store.command("stats")["segments"] as? Int == 0)
        }
    }

    @Test func aStoreThatCannotBeOpenedStopsTheStart() async throws {
        try await onThread {
            let folder = try TemporaryDirectory()
            _ = try folder.write("scores.sqlite", Array("not a database at all, but long enough to be read".utf8))
            let result = try Program.run(
                "remit-server", ["--model", Demo.teacher, "--port", "0", "--store", folder.path])
            #expect(result.status == 1)
            #expect(result.errors.contains("cannot be used"), "\(result.errors)")
            let verify = try Program.run("remit-server", ["store", "verify", folder.file("nowhere")])
            #expect(verify.status == 1 && verify.errors.contains("there is no store at"))
        }
    }
}

/// A directory for a store, and the servers and commands that use it.
private struct StoreFolder {
    private let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    func server(_ arguments: [String] = []) throws -> LiveServer {
        try LiveServer(model: Demo.teacher, arguments: ["--store", path] + arguments)
    }

    /// What `remit-server store NAME --json` prints.
    func command(_ name: String, _ arguments: [String] = []) throws -> [String: Any] {
        let result = try Program.run("remit-server", ["store", name, path, "--json"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// Turns one bit of a stored log-prob, which is found in the file by the bits that the server answered.
    func damage(oneValueOf answer: String) throws {
        let object = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        let results = try #require(object["results"] as? [[String: Any]])
        let numbers = try #require(results.first?["teacher_logprobs"] as? [Any]).dropFirst().prefix(4)
        let pattern = numbers.compactMap { ($0 as? NSNumber)?.floatValue }.flatMap { value in
            withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
        }
        #expect(pattern.count == 16)
        let file = path + "/scores.sqlite"
        var data = try Data(contentsOf: URL(fileURLWithPath: file))
        let place = try #require(data.firstRange(of: Data(pattern)))
        data[place.lowerBound] ^= 1
        try data.write(to: URL(fileURLWithPath: file))
    }
}

extension LiveServer {
    fileprivate func logProbs(_ request: String) throws -> (status: Int, body: String) {
        let answer = try post("/v1/logprobs", request)
        #expect(answer.status == 200, "\(answer.body)")
        return answer
    }

    /// Tokens answered so far, by where their log-probs came from.
    fileprivate func tokens(_ source: String) throws -> Int { try metric("remit_tokens_total{source=\"\(source)\"}") }

    /// A series that is not there yet counts 0.
    fileprivate func metric(_ series: String) throws -> Int {
        let line = try get("/metrics").body.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Int($0.dropFirst(series.count + 1)) } ?? 0
    }

    fileprivate func waitUntilWritten(_ segments: Int) throws {
        _ = try program.waitFor("segments in the store") { _ in
            (try? metric("remit_store_written_segments_total")) ?? 0 >= segments ? true : nil
        }
    }
}
