import Digests
import RandomNumbers

/// Segments whose log-probs tell one model from another, and one batch from another: the same for ever for one vocabulary and context.
///
/// Their lengths are ragged around the sizes at which engines cut prompts into chunks and blocks; their ids are drawn evenly, so that a
/// change of any row of the embedding has a chance to be seen. Pure.
struct CanarySet: Sendable {
    /// At least so many tokens together.
    static let leastTokens = 4000
    private static let lengths = [
        2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 256, 257, 511, 512, 513, 700, 1023, 1025, 2047, 2049,
    ]

    /// V that the ids are drawn from.
    let vocabularySize: Int
    let segments: [[Int32]]

    /// - Parameter maxTokens: most of a segment that the engine takes.
    init(vocabularySize: Int, maxTokens: Int) {
        let usable = Self.lengths.filter { $0 <= maxTokens }
        var (lengths, total, at) = ([Int](), 0, 0)
        while total < Self.leastTokens || (at < usable.count && total < 2 * Self.leastTokens) {
            let length = usable.isEmpty ? max(maxTokens, 1) : usable[at % usable.count]
            lengths.append(length)
            total += length
            at += 1
        }
        self.init(vocabularySize: vocabularySize, lengths: lengths)
    }

    /// Segments of these lengths, their ids drawn one behind the other.
    init(vocabularySize: Int, lengths: [Int]) {
        var random = SplitMix64(seed: 0x43414E_4152)
        self.vocabularySize = vocabularySize
        segments = lengths.map { length in
            (0..<length).map { _ in Int32(random.below(max(vocabularySize, 1))) }
        }
    }

    private init(vocabularySize: Int, segments: [[Int32]]) {
        (self.vocabularySize, self.segments) = (vocabularySize, segments)
    }

    /// Those of its segments that an engine takes.
    func fitting(_ maxTokens: Int) -> CanarySet {
        CanarySet(vocabularySize: vocabularySize, segments: segments.filter { $0.count <= maxTokens })
    }

    var tokens: Int { segments.reduce(0) { $0 + $1.count } }

    /// SHA-256 of ids and cuts: answers to another set compare with nothing.
    var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        for segment in segments {
            hasher.update(littleEndian: UInt64(segment.count))
            segment.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }
}
