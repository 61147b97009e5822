import Checkpoints
import Digests

/// One mapped file of a side-car.
///
/// safetensors with `logprobs` F32 [tokens] (NaN at each segment's first), `segment_starts` I64 [segments + 1] and `segment_sha256` U8
/// [segments, 32]: the SHA-256 of each segment's ids as little-endian 32-bit words. Segments are in the order of the corpus.
struct SideCarShard: Sendable {
    static let (logProbs, starts, hashes) = ("logprobs", "segment_starts", "segment_sha256")

    let path: String
    let segmentCount: Int
    let tokenCount: Int
    private let file: SafetensorsFile
    private let logProbEntry: SafetensorsHeader.Entry
    private let startEntry: SafetensorsHeader.Entry
    private let hashEntry: SafetensorsHeader.Entry

    init(_ shard: SideCarManifest.Shard, in directory: String) throws {
        let path = directory + "/" + shard.file
        self.path = path
        func damaged(_ reason: String) -> SideCarError { .damaged(path: path, reason: reason) }
        do {
            file = try SafetensorsFile(path: path)
        } catch {
            throw damaged("\(error)")
        }
        guard let logProbs = file.entry(Self.logProbs), logProbs.elementType == .f32, logProbs.shape.count == 1,
            let starts = file.entry(Self.starts), starts.elementType == .i64, starts.shape.count == 1,
            let hashes = file.entry(Self.hashes), hashes.elementType == .u8,
            hashes.shape == [max(0, starts.elementCount - 1), SHA256Digest.byteCount], starts.elementCount > 0
        else { throw damaged("expected logprobs F32 [N], segment_starts I64 [S + 1] and segment_sha256 U8 [S, 32]") }
        (logProbEntry, startEntry, hashEntry) = (logProbs, starts, hashes)
        segmentCount = starts.elementCount - 1
        tokenCount = logProbs.elementCount
        guard segmentCount == shard.segments, tokenCount == shard.tokens else {
            throw damaged(
                "\(segmentCount) segments of \(tokenCount) tokens, the manifest says \(shard.segments) of \(shard.tokens)"
            )
        }
        try checkStarts()
    }

    /// Where a segment's log-probs are among those of the shard.
    func range(_ segment: Int) -> Range<Int> {
        file.withBytes(of: startEntry) { bytes in
            func start(_ index: Int) -> Int {
                Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)))
            }
            return start(segment)..<start(segment + 1)
        }
    }

    func digest(_ segment: Int) -> SHA256Digest {
        file.withBytes(of: hashEntry) { bytes in
            let start = segment * SHA256Digest.byteCount
            return SHA256Digest(bytes: Array(bytes[start..<start + SHA256Digest.byteCount]))
        }
    }

    func logProbs(_ segment: Int) -> [Float] {
        let range = range(segment)
        return file.withBytes(of: logProbEntry) { bytes in
            range.map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }

    /// From 0 to the number of log-probs, strictly increasing: then every range is one of the shard.
    private func checkStarts() throws {
        let starts = file.withBytes(of: startEntry) { bytes in
            (0...segmentCount).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self))
            }
        }
        guard starts.first == 0, starts.last == Int64(tokenCount), zip(starts, starts.dropFirst()).allSatisfy(<) else {
            throw SideCarError.damaged(
                path: path, reason: "segment_starts must increase from 0 to \(tokenCount), the number of log-probs")
        }
    }
}

/// The name of a segment: what its log-probs are looked up by. The server's store uses the same.
package enum SegmentHash {
    package static func digest(_ tokenIDs: some Collection<Int32>) -> SHA256Digest {
        var hasher = SHA256Hasher()
        let words = tokenIDs.map(\.littleEndian)
        words.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }
}
