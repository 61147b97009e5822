import Checkpoints
import Corpora
import Digests
import Foundation
import SideCars
import TestSupport
import Testing

/// What `verify` finds, one damage at a time.
struct SideCarDamageTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("side-car") }

    /// Three segments in two shards.
    init() throws {
        directory = try TemporaryDirectory()
        let description = SideCarDescription(
            model: "fake", precision: "f32", modelFingerprint: "m", tokenizerFingerprint: "t", scoresFingerprint: "s",
            corpusFingerprint: "c", sequenceLength: 16, segments: 3, tokens: 9)
        let writer = try SideCarWriter(directory.file("side-car"), description, shardTokens: 6)
        for ids: [Int32] in [[1, 2, 3], [4, 5, 6], [7, 8, 9]] {
            try writer.append(SegmentHash.digest(ids), [.nan] + ids.dropFirst().map { -Float($0) })
        }
        try writer.flush()
    }

    private func problems() throws -> [String] {
        try SideCarVerification(path).run().problems.map(\.description)
    }

    private func edit(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
        let file = URL(fileURLWithPath: path + "/" + name)
        var bytes = Array(try Data(contentsOf: file))
        change(&bytes)
        try Data(bytes).write(to: file)
    }

    /// Writes a shard again with other contents, and its new hash into the manifest: what only a look at the numbers finds.
    private func rewriteFirstShard(logProbs: [Float], starts: [Int64]) throws {
        let hashes = try SafetensorsFile(path: path + "/logprobs-000001.safetensors")
        let kept = hashes.withBytes(of: try #require(hashes.entry("segment_sha256"))) { Array($0) }
        let contents = SafetensorsWriter([
            .init(
                name: "logprobs", elementType: .f32, shape: [logProbs.count],
                bytes: logProbs.withUnsafeBytes { Array($0) }),
            .init(
                name: "segment_starts", elementType: .i64, shape: [starts.count],
                bytes: starts.withUnsafeBytes { Array($0) }),
            .init(name: "segment_sha256", elementType: .u8, shape: [2, 32], bytes: kept),
        ]).bytes()
        let was = SHA256Hasher.digest(
            Array(try Data(contentsOf: URL(fileURLWithPath: path + "/logprobs-000001.safetensors"))))
        try Data(contents).write(to: URL(fileURLWithPath: path + "/logprobs-000001.safetensors"))
        try edit("manifest.json") { json in
            let text = String(decoding: json, as: UTF8.self)
            json = Array(text.replacing(was.hex, with: SHA256Hasher.digest(contents).hex).utf8)
        }
    }

    @Test func aWholeSideCarHasNoProblem() throws {
        let result = try SideCarVerification(path).run()
        #expect(result.problems.isEmpty && result.segments == 3 && result.tokens == 9)
    }

    @Test func aFlippedBitIsFound() throws {
        try edit("logprobs-000002.safetensors") { $0[$0.count - 1] ^= 1 }
        let problems = try problems()
        #expect(problems.count == 1 && problems[0].contains("logprobs-000002") && problems[0].contains("SHA-256"))
    }

    @Test func aMissingOrCutShardIsFound() throws {
        try edit("logprobs-000001.safetensors") { $0.removeLast(4) }
        try FileManager.default.removeItem(atPath: path + "/logprobs-000002.safetensors")
        #expect(try problems().count >= 2)
        #expect(throws: SideCarError.self) { try SideCar(path) }
    }

    @Test func aValueThatIsNotFiniteIsFound() throws {
        try rewriteFirstShard(logProbs: [.nan, -2, .infinity, .nan, -5, -6], starts: [0, 3, 6])
        #expect(
            try problems() == [
                SideCarError.nonFinite(path: path + "/logprobs-000001.safetensors", segment: 0, position: 2).description
            ])
        try rewriteFirstShard(logProbs: [.nan, -2, -3, .nan, 1e-7, -6], starts: [0, 3, 6])
        #expect(
            try problems() == [
                SideCarError.aboveZero(
                    path: path + "/logprobs-000001.safetensors", segment: 1, position: 1, got: 1e-7
                ).description
            ])
        // A number where a segment's first token stands belongs to another cut.
        try rewriteFirstShard(logProbs: [.nan, -2, -3, -4, -5, -6], starts: [0, 3, 6])
        #expect(try problems().count == 1)
    }

    @Test(arguments: [[0, 3, 3], [0, 7, 6], [1, 3, 6], [0, -3, 6]] as [[Int64]])
    func startsThatNoWriterMakesAreRefused(_ starts: [Int64]) throws {
        try rewriteFirstShard(logProbs: [.nan, -2, -3, .nan, -5, -6], starts: starts)
        #expect(!(try problems().isEmpty))
        #expect(throws: SideCarError.self) { try SideCar(path) }
    }

    @Test(arguments: [
        (#""format" : 1"#, #""format" : 2"#), (#""tokens" : 9"#, #""tokens" : 10"#),
        (#""tokens" : 9"#, #""tokens" : -9"#),
        (#""tokens" : 9"#, #""tokens" : 9e99"#), ("logprobs-000001", "../logprobs-000001"),
        ("logprobs-000002", "logprobs-000001"), (#""sequence_length" : 16"#, #""sequence_length" : 2"#), ("{", "["),
    ])
    func aManifestThatLiesIsFound(_ from: String, _ to: String) throws {
        try edit("manifest.json") { json in
            let text = String(decoding: json, as: UTF8.self)
            #expect(text.contains(from))
            json = Array(text.replacing(from, with: to).utf8)
        }
        #expect(!(try problems().isEmpty))
    }

    @Test func noSideCarAtAllIsSaid() throws {
        #expect(try SideCarVerification(directory.path).run().problems.count == 1)
    }
}
