import Compression
import Foundation
import HTTPSockets
import JSONValues
import ScoringAPI
import ScoringServer
import Testing

@Suite struct ContentCodingTests {
    private static let body = #"{"inputs":[{"text":"17 + 25 = 42"}]}"#

    private static func post(_ test: TestService, _ coding: String, _ bytes: [UInt8]) throws -> Reply {
        try test.caller.send(
            "POST", "/v1/logprobs", ["Content-Type": "application/json", "Content-Encoding": coding], bytes)
    }

    @Test(arguments: Transport.allCases, CompressionFormat.allCases)
    func aCompressedBodyIsAnsweredAsAPlainOne(_ transport: Transport, _ format: CompressionFormat) async throws {
        try await withService(transport) { test in
            let plain = try test.caller.post("/v1/logprobs", Self.body)
            let compressed = try format.compress(Array(Self.body.utf8))
            for coding in [format.rawValue, format.rawValue.uppercased(), "identity, \(format.rawValue)"] {
                let reply = try Self.post(test, coding, compressed)
                #expect(reply.status == 200)
                #expect(reply.body == plain.body)
            }
            #expect(try Self.post(test, "identity", Array(Self.body.utf8)).status == 200)
        }
    }

    @Test(arguments: Transport.allCases)
    func whatCannotBeExpandedIsRefused(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let gzip = try CompressionFormat.gzip.compress(Array(Self.body.utf8))
            var damaged = gzip
            damaged[damaged.count - 6] ^= 0xFF
            for bytes in [Array(Self.body.utf8), Array(gzip.dropLast()), gzip + [1, 2, 3], damaged, []] {
                let reply = try Self.post(test, "gzip", bytes)
                #expect(reply.status == 400)
                #expect(try Problem(json: reply.body).kind == .malformedContentCoding)
            }
            for coding in ["br", "deflate", "gzip, gzip", "gzip, zstd", "x"] {
                let reply = try Self.post(test, coding, gzip)
                #expect(reply.status == 415)
                #expect(reply.fields["Accept-Encoding"] == "gzip, zstd")
                #expect(try Problem(json: reply.body).kind == .unsupportedContentCoding)
            }
            #expect(try Self.post(test, "gzip", gzip).status == 200)
        }
    }

    /// A bomb costs at most the limit on a body, and the limit on all of them counts what is expanded.
    @Test(arguments: CompressionFormat.allCases)
    func bombsMeetBothLimits(_ format: CompressionFormat) async throws {
        let limits = ServiceLimits(
            maxBodyBytes: 1 << 20, maxBufferedBytes: 1 << 20, maxRequestTokens: 1000, maxBatchTokens: 1000)
        try await withService(.live, .init(limits: limits)) { test in
            let bomb = try format.compress([UInt8](repeating: 0x20, count: 4 << 20))
            let tooLarge = try Self.post(test, format.rawValue, bomb)
            // The one limit or the other, whichever the growing buffer meets first.
            #expect([413, 503].contains(tooLarge.status))
            let half = [UInt8](repeating: 0x20, count: 600 << 10) + Array(Self.body.utf8)
            let held = try Self.post(test, format.rawValue, try format.compress(half))
            #expect(held.status == 503)
            #expect(try Problem(json: held.body).kind == .overloaded)
            let small = [UInt8](repeating: 0x20, count: 200 << 10) + Array(Self.body.utf8)
            #expect(try Self.post(test, format.rawValue, try format.compress(small)).status == 200)
            #expect(try test.caller.get("/metrics").text.contains("\nremit_body_bytes 0\n"))
        }
        let roomy = ServiceLimits(maxBodyBytes: 1 << 20, maxRequestTokens: 1000, maxBatchTokens: 1000)
        try await withService(.live, .init(limits: roomy)) { test in
            let bomb = try format.compress([UInt8](repeating: 0x20, count: 4 << 20))
            let reply = try Self.post(test, format.rawValue, bomb)
            #expect(reply.status == 413)
            let problem = try Problem(json: reply.body)
            #expect(problem.kind == .bodyTooLarge)
            #expect(problem.extensions[key: "limit"] == .integer(1 << 20))
        }
    }
}
