import Checkpoints
import Digests

/// A shard in memory: segment behind segment.
struct SideCarShardContents: Sendable {
    private(set) var logProbs: [Float] = []
    /// Where each segment's log-probs begin, from 0, and behind these the number of log-probs. [segments + 1]
    private(set) var starts: [Int64] = [0]
    private(set) var hashes: [UInt8] = []

    var segmentCount: Int { starts.count - 1 }
    var tokenCount: Int { logProbs.count }

    init() {}

    init(logProbs: [Float], starts: [Int64], hashes: [UInt8]) {
        self.logProbs = logProbs
        self.starts = starts
        self.hashes = hashes
    }

    mutating func append(_ segment: SHA256Digest, _ values: [Float]) {
        logProbs += values
        starts.append(Int64(logProbs.count))
        hashes += segment.bytes
    }

    func digest(_ segment: Int) -> SHA256Digest {
        SHA256Digest(bytes: Array(hashes[segment * SHA256Digest.byteCount..<(segment + 1) * SHA256Digest.byteCount]))
    }

    func logProbs(_ segment: Int) -> ArraySlice<Float> { logProbs[Int(starts[segment])..<Int(starts[segment + 1])] }

    /// The bytes of the shard's file. The same contents are the same bytes.
    func file(_ description: SideCarDescription) -> [UInt8] {
        func bytes(_ values: [some Any]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        return SafetensorsWriter(
            [
                SafetensorsWriter.Source(
                    name: SideCarShard.logProbs, elementType: .f32, shape: [tokenCount], bytes: bytes(logProbs)),
                SafetensorsWriter.Source(
                    name: SideCarShard.starts, elementType: .i64, shape: [starts.count], bytes: bytes(starts)),
                SafetensorsWriter.Source(
                    name: SideCarShard.hashes, elementType: .u8, shape: [segmentCount, SHA256Digest.byteCount],
                    bytes: hashes),
            ],
            metadata: [
                "sequence_length": "\(description.sequenceLength)", "scores_fingerprint": description.scoresFingerprint,
                "tokenizer_fingerprint": description.tokenizerFingerprint,
            ]
        ).bytes()
    }
}
