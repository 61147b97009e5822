import Compression
import Foundation
import HTTPSockets
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// Over real sockets: what is wrong is refused with the right problem, and the next request is answered right.
@Suite struct HostileInputTests {
    private static let good = #"{"inputs":[{"token_ids":[5,9,2,7]}]}"#

    private static func isWell(_ test: TestService) throws -> Bool {
        let reply = try test.caller.post("/v1/weights", good)
        guard reply.status == 200, let result = try ScoreResponse(json: reply.body).results.first else { return false }
        let expected = test.teacher.logProbs(of: [5, 9, 2, 7]).map(\.bitPattern)
        return result.teacherLogProbs.map(\.bitPattern) == expected
    }

    @Test func everyOneIsRefusedAndTheServerGoesOn() async throws {
        try await withService(.live) { test in
            for input in HostileInput.all {
                let reply = try test.caller.send("POST", input.path, ["Content-Type": input.type.rawValue], input.body)
                let problem = try? Problem(json: reply.body)
                let shown = Comment(rawValue: "\(input.name.prefix(80)): \(reply.status) \(reply.text.prefix(200))")
                #expect(reply.status == input.kind.status && problem?.kind == input.kind, shown)
                // Nobody is sent his own megabytes back.
                #expect(reply.body.count < 2000, shown)
                #expect(try Self.isWell(test), shown)
            }
            #expect(!test.log.lines.contains { $0.metadata["status"] == "500" })
        }
    }

    /// Compressed, each of them means the same.
    @Test(arguments: CompressionFormat.allCases)
    func compressedToo(_ format: CompressionFormat) async throws {
        try await withService(.live) { test in
            for input in HostileInput.all where !input.body.isEmpty {
                let reply = try test.caller.send(
                    "POST", input.path, ["Content-Type": input.type.rawValue, "Content-Encoding": format.rawValue],
                    try format.compress(input.body, level: 1))
                #expect(try Problem(json: reply.body).kind == input.kind, "\(input.name.prefix(80))")
            }
            #expect(try Self.isWell(test))
        }
    }

    /// Text that is strange and right.
    @Test func whatOnlyLooksHostileIsAnswered() async throws {
        try await withService(.live) { test in
            for text in [#"\u0000"#, #"\ud83d\ude00"#, #"\uffff"#, "\u{FEFF}a", "e\u{301}", #"\/\b\f"#] {
                #expect(
                    try test.caller.post("/v1/weights", #"{"inputs":[{"text":"\#(text)"}]}"#).status == 200, "\(text)")
            }
            for id in [#""""#, #""\u0000""#, #""\r\nX-Injected: 1""#] {
                let reply = try test.caller.post("/v1/weights", #"{"inputs":[{"id":\#(id),"token_ids":[1,2]}]}"#)
                #expect(reply.status == 200 && reply.fields["X-Injected"] == nil)
            }
            #expect(try Self.isWell(test))
        }
    }

    /// Connections that drip, stop, or lie about their length are beside the point for everybody else.
    @Test func whoDripsHoldsOnlyHimself() async throws {
        try await withService(.live) { test in
            let post = "POST /v1/weights HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
            var open: [Int32] = []
            defer { open.forEach { close($0) } }
            for text in [
                "P", "POST /v1/wei", post, post + "Content-Length: 1000000\r\n\r\n",
                post + "Content-Length: 40\r\n\r\n{",
                post + "Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n{",
                post + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
            ] {
                for _ in 0..<4 {
                    let socket = try LoopbackSocket.connect(port: test.caller.port ?? 0)
                    LoopbackSocket.write(socket, Array(text.utf8))
                    open.append(socket)
                }
            }
            for round in 0..<10 {
                for socket in open { LoopbackSocket.write(socket, [UInt8(ascii: round % 2 == 0 ? "a" : " ")]) }
                #expect(try Self.isWell(test))
            }
        }
    }
}
