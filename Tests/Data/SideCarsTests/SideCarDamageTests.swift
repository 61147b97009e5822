import Checkpoints
import Corpora
import Digests
import Foundation
import Sequences
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
        for ids in Self.documents {
            try writer.append(Segment.digest(of: ids), [.nan] + ids.dropFirst().map { -Float($0) })
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

    /// Changes the manifest as one of the first format, which has no digest of its own.
    private func editOldManifest(_ change: (String) -> String) throws {
        try edit("manifest.json") { json in
            let lines = String(decoding: json, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            let old = lines.filter { !$0.contains("manifest_sha256") }.joined(separator: "\n")
            json = Array(change(old.replacing(#""format" : 2"#, with: #""format" : 1"#)).utf8)
        }
    }

    /// Writes a shard again with other contents, and its new hash into the manifest: what only a look at the numbers finds.
    private func rewriteFirstShard(logProbs: [Float], starts: [Int64]) throws {
        let hashes = try SafetensorsFile(path: path + "/logprobs-000001.safetensors")
        let kept = try hashes.withBytes(of: try #require(hashes.entry("segment_sha256"))) { Array($0) }
        let contents = SafetensorsWriter(
            [
                .init(
                    name: "logprobs", elementType: .f32, shape: [logProbs.count],
                    bytes: logProbs.withUnsafeBytes { Array($0) }),
                .init(
                    name: "segment_starts", elementType: .i64, shape: [starts.count],
                    bytes: starts.withUnsafeBytes { Array($0) }),
                .init(name: "segment_sha256", elementType: .u8, shape: [2, 32], bytes: kept),
            ], metadata: ["sequence_length": "16", "scores_fingerprint": "s", "tokenizer_fingerprint": "t"]
        ).bytes()
        let was = SHA256Hasher.digest(
            Array(try Data(contentsOf: URL(fileURLWithPath: path + "/logprobs-000001.safetensors"))))
        try Data(contents).write(to: URL(fileURLWithPath: path + "/logprobs-000001.safetensors"))
        try editOldManifest { $0.replacing(was.hex, with: SHA256Hasher.digest(contents).hex) }
    }

    private static let documents: [[Int32]] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]

    /// All that a run reads of the side-car.
    private func everything(_ sideCar: SideCar) throws -> [[UInt32]] {
        try Self.documents.map { ids in
            let digest = Segment.digest(of: ids)
            guard let found = try sideCar.logProbs(of: digest) else {
                throw try sideCar.missing(digest, tokens: ids.count)
            }
            return found.map(\.bitPattern)
        }
    }

    private func expectDamagedShard(_ name: String, _ body: () throws -> Void) {
        #expect {
            try body()
        } throws: { error in
            guard case SideCarError.damagedShard(path + "/" + name, _) = error else { return false }
            return "\(error)".contains("remit-trainer verify") && "\(error)".contains("remit-server score")
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
        #expect(try problems().count == 2)
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
        expectDamagedShard("logprobs-000001.safetensors") { _ = try everything(SideCar(path)) }
    }

    /// One bit of each byte of each file: the side-car is refused, or says what it said.
    @Test func noBitTurnsUnseen() throws {
        let description = try SideCar(path).description
        let sound = try everything(SideCar(path))
        for name in ["manifest.json", "logprobs-000001.safetensors", "logprobs-000002.safetensors"] {
            let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
            for at in whole.indices {
                try edit(name) {
                    $0 = whole; $0[at] ^= 1 << UInt8(at * 5 % 8)
                }
                do {
                    let sideCar = try SideCar(path)
                    let found = try everything(sideCar)
                    #expect(sideCar.description == description && found == sound, "\(name), byte \(at)")
                } catch is SideCarError {}
            }
            try edit(name) { $0 = whole }
        }
        #expect(try everything(SideCar(path)) == sound)
    }

    /// Each names the shard, when a run reads it and when the doctor or `verify` do.
    @Test(arguments: [
        "logprob", "hash", "metadata", "zeros", "cut", "longer", "empty", "absent", "directory", "foreign",
    ])
    func aShardThatIsNotTheManifestsIsNamed(_ damage: String) throws {
        let name = "logprobs-000001.safetensors"
        let file = path + "/" + name
        switch damage {
        case "logprob": try edit(name) { $0[$0.count - 70] ^= 1 }
        case "hash": try edit(name) { $0[$0.count - 1] ^= 128 }
        case "metadata":
            try edit(name) { bytes in
                let at = try? #require(bytes.firstRange(of: Array(#""sequence_length":"16""#.utf8))).upperBound
                bytes[(at ?? 0) - 2] ^= 1
            }
        case "zeros":
            try edit(name) { $0.replaceSubrange(($0.count - 100)..., with: [UInt8](repeating: 0, count: 100)) }
        case "cut": try edit(name) { $0.removeLast() }
        case "longer": try edit(name) { $0.append(0) }
        case "empty": try edit(name) { $0 = [] }
        case "absent": try FileManager.default.removeItem(atPath: file)
        case "directory":
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        default:
            // Of another scoring of the same corpus: the same sizes, the same segments.
            try edit(name) { bytes in bytes.indices.suffix(96).prefix(24).forEach { bytes[$0] ^= 3 } }
        }
        expectDamagedShard(name) { _ = try everything(SideCar(path)) }
        expectDamagedShard(name) { try SideCar(path).checkShards() }
        #expect(try problems().count == 1 && problems()[0].hasPrefix(file))
    }

    @Test func shardsThatChangedPlacesAreNamed() throws {
        let other = directory.file("even")
        let description = try SideCar(path).description
        let writer = try SideCarWriter(other, description, shardTokens: 3)
        for ids in Self.documents { try writer.append(Segment.digest(of: ids), [.nan, -1, Float(-ids[0])]) }
        let (first, second) = (other + "/logprobs-000001.safetensors", other + "/logprobs-000002.safetensors")
        try FileManager.default.moveItem(atPath: first, toPath: other + "/kept")
        try FileManager.default.moveItem(atPath: second, toPath: first)
        try FileManager.default.moveItem(atPath: other + "/kept", toPath: second)
        #expect(try SideCarVerification(other).run().problems.count == 2)
        #expect {
            _ = try SideCar(other).logProbs(of: Segment.digest(of: Self.documents[0]))
        } throws: { error in
            guard case SideCarError.damagedShard = error else { return false }
            return true
        }
    }

    /// A long run looks at a shard again and again.
    @Test func aShardThatIsWrittenToAfterItWasReadIsFound() throws {
        let sideCar = try SideCar(path)
        let sound = try everything(sideCar)
        let file = path + "/logprobs-000002.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(whole.count - 40))
        try handle.write(contentsOf: [1])
        expectDamagedShard("logprobs-000002.safetensors") { _ = try everything(sideCar) }
        // Cut short, of which a mapping dies.
        try handle.truncate(atOffset: 0)
        expectDamagedShard("logprobs-000002.safetensors") { _ = try everything(sideCar) }
        try handle.close()
        try whole.write(to: URL(fileURLWithPath: file))
        #expect(try everything(sideCar) == sound)
    }

    /// What hides a segment is named, not the segment: the corpus is not at fault.
    @Test func aDamagedHashIsNoMissingSegment() throws {
        try edit("logprobs-000002.safetensors") { $0[$0.count - 32] ^= 1 }
        let sideCar = try SideCar(path)
        let digest = Segment.digest(of: Self.documents[2])
        #expect(try sideCar.logProbs(of: digest) == nil)
        expectDamagedShard("logprobs-000002.safetensors") { throw try sideCar.missing(digest, tokens: 3) }
    }

    /// As they were written until now.
    @Test func aManifestWithoutDigestIsRead() throws {
        let sound = try everything(SideCar(path))
        try editOldManifest { $0 }
        #expect(try everything(SideCar(path)) == sound && problems().isEmpty)
    }

    @Test(arguments: [
        (#""format" : 1"#, #""format" : 3"#), (#""tokens" : 9"#, #""tokens" : 10"#),
        (#""tokens" : 9"#, #""tokens" : -9"#),
        (#""tokens" : 9"#, #""tokens" : 9e99"#), ("logprobs-000001", "../logprobs-000001"),
        ("logprobs-000002", "logprobs-000001"), (#""sequence_length" : 16"#, #""sequence_length" : 2"#), ("{", "["),
    ])
    func aManifestThatLiesIsFound(_ from: String, _ to: String) throws {
        try editOldManifest { text in
            #expect(text.contains(from))
            return text.replacing(from, with: to)
        }
        #expect(!(try problems().isEmpty))
    }

    @Test func noSideCarAtAllIsSaid() throws {
        #expect(try SideCarVerification(directory.path).run().problems.count == 1)
    }
}
