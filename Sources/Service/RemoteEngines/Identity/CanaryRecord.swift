import Digests
import Foundation
import JSONValues

/// What an engine answered for its canaries when it was first met, and how far its own answers lie apart.
package struct CanaryRecord: Sendable, Equatable {
    /// `CanarySet.digest` of what was asked.
    private(set) var set: SHA256Digest
    /// V that the canaries' ids were drawn from; nil in records of before it was kept.
    private(set) var vocabularySize: Int?
    /// By segment, without the first position: each segment alone.
    private(set) var logProbs: [[Float]]
    /// Largest difference of a log-prob between alone and under load, in nats.
    package private(set) var largestNoise: Float
    /// Mean difference likewise.
    package private(set) var meanNoise: Float
    /// Whether all bits agreed alone and under load.
    package private(set) var bitsAgreed: Bool

    /// From answers that each canary got alone, and several under load. [segments][T - 1], natural logs.
    ///
    /// - Parameter vocabularySize: V that the canaries' ids were drawn from.
    package init(vocabularySize: Int, alone: [[Float]], loaded: [[[Float]]]) {
        set = Self.canaries(alone, vocabularySize).digest
        self.vocabularySize = vocabularySize
        logProbs = alone
        let differences = loaded.map { Difference(alone, $0) }
        largestNoise = differences.map(\.largest).max() ?? 0
        meanNoise = differences.map(\.mean).max() ?? 0
        bitsAgreed = differences.allSatisfy { $0.differing == 0 }
    }

    /// What was asked, by the lengths of the answers.
    private static func canaries(_ logProbs: [[Float]], _ vocabularySize: Int) -> CanarySet {
        CanarySet(vocabularySize: vocabularySize, lengths: logProbs.map { $0.count + 1 })
    }

    /// The canaries that were asked once and that an engine takes now, with their answers: they are asked again whatever the limits are,
    /// so that scores of before a limit changed are never taken for those of another model behind it.
    ///
    /// - Parameters:
    ///   - vocabularySize: V of the model directory.
    ///   - maxTokens: most of a segment that the engine takes.
    /// - Throws: `RemoteEngineError.incomparable` where none is left.
    func asked(
        vocabularySize: Int, maxTokens: Int
    ) throws(RemoteEngineError) -> (canaries: CanarySet, record: CanaryRecord) {
        let all = Self.canaries(logProbs, vocabularySize)
        guard all.digest == set else {
            let then = self.vocabularySize.map { "\($0) ids" } ?? "another number of ids"
            throw .incomparable(
                "were drawn from \(then), and vocab_size in config.json is \(vocabularySize)",
                hint: "Give the model directory of then")
        }
        let canaries = all.fitting(maxTokens)
        guard canaries.segments.contains(where: { $0.count > 1 }) else {
            let shortest = all.segments.lazy.map(\.count).filter { $0 > 1 }.min() ?? 1
            throw .incomparable(
                "have at least \(shortest) tokens, and the engine now takes \(maxTokens)",
                hint: "Give it the longest context of then")
        }
        var record = self
        record.logProbs = logProbs.filter { $0.count < maxTokens }
        record.set = canaries.digest
        return (canaries, record)
    }

    /// How two answers to one set differ.
    struct Difference {
        private(set) var largest: Float = 0
        private(set) var mean: Float = 0
        private(set) var differing = 0

        init(_ one: [[Float]], _ other: [[Float]]) {
            var (sum, count) = (0.0, 0)
            for (left, right) in zip(one.joined(), other.joined()) {
                let distance = abs(left - right)
                largest = max(largest, distance)
                sum += Double(distance)
                count += 1
                if left.bitPattern != right.bitPattern { differing += 1 }
            }
            mean = count > 0 ? Float(sum / Double(count)) : 0
        }
    }

    /// What a later answer may differ by beyond the noise that was measured once: another load makes other batches. The mean tells
    /// neighbouring checkpoints apart; the largest difference tells damage in one place.
    private static let spread: Float = 4
    /// Nats below which no difference is one of weights: a few roundings of f32.
    private static let floor = (mean: Float(5e-7), largest: Float(2e-5))

    /// Why the answers to the same set, each alone, are those of another model; nil where they are not.
    func change(_ later: [[Float]]) -> String? {
        let difference = Difference(logProbs, later)
        let allowed = (
            mean: max(Self.spread * meanNoise, Self.floor.mean),
            largest: max(Self.spread * largestNoise, Self.floor.largest)
        )
        guard difference.mean > allowed.mean || difference.largest > allowed.largest else { return nil }
        return
            "its canaries differ by \(difference.mean) nats in the mean and \(difference.largest) at most from those that the kept scores "
            + "go with; its own noise is \(meanNoise) and \(largestNoise)"
    }

    /// Whether later answers have the same bits.
    func hasBits(of later: [[Float]]) -> Bool { Difference(logProbs, later).differing == 0 }
}

extension CanaryRecord {
    /// The form in which a record is kept: an object that ends with a SHA-256 of its fields.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("canaries", set.hex)
            if let vocabularySize { writer.field("vocabulary_size", vocabularySize) }
            writer.field("largest_noise_nats", largestNoise)
            writer.field("mean_noise_nats", meanNoise)
            writer.field("bits_agreed", bitsAgreed)
            writer.key("log_probs")
            writer.array { writer in
                for values in logProbs {
                    writer.element(onLine: true)
                    writer.array { writer in
                        for value in values {
                            writer.element()
                            writer.write(value)
                        }
                    }
                }
            }
            writer.field("sha256", digest.hex)
        }
        return writer.bytes
    }

    /// Reads `json`. Records of before they had a SHA-256 are read where their fields can be.
    ///
    /// - Throws: `AnswerFault` for what a record cannot say, or the JSON's error.
    package init(json bytes: [UInt8]) throws {
        var (set, noise, mean, agreed, values) = (SHA256Digest?.none, Float?.none, Float?.none, Bool?.none, [[Float]]())
        var (vocabularySize, said) = (Int?.none, String?.none)
        try JSONReader.read(bytes) { reader in
            try reader.object { reader, key in
                switch key {
                case "canaries": set = SHA256Digest(hex: try reader.string())
                case "vocabulary_size": vocabularySize = Int(try reader.int32())
                case "largest_noise_nats": noise = try reader.float()
                case "mean_noise_nats": mean = try reader.float()
                case "bits_agreed": agreed = try reader.bool()
                case "log_probs": try reader.array { reader, _ in values.append(try reader.floatsOrNulls()) }
                case "sha256": said = try reader.string()
                default: try reader.skip()
                }
            }
        }
        guard let set, let noise, let mean, let agreed, !values.isEmpty else { throw AnswerFault("it lacks a field") }
        (self.set, logProbs, largestNoise, meanNoise, bitsAgreed) = (set, values, noise, mean, agreed)
        self.vocabularySize = vocabularySize
        try check(said)
    }

    private func check(_ said: String?) throws(AnswerFault) {
        if let said, said.lowercased() != digest.hex {
            throw AnswerFault("the SHA-256 of its fields is \(digest.hex), it says \(said.prefix(80))")
        }
        guard largestNoise >= 0, meanNoise >= 0, logProbs.joined().allSatisfy({ $0 <= 0 && $0.isFinite }) else {
            throw AnswerFault("it has a log-prob or a noise that cannot be")
        }
        // Of an older record the model directory says the vocabulary.
        guard let vocabularySize else { return }
        guard vocabularySize > 0, Self.canaries(logProbs, vocabularySize).digest == set else {
            throw AnswerFault("its log-probs are not those of its canaries, by their number")
        }
    }

    /// SHA-256 of all that it says.
    private var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit canary record 1")
        hasher.update(digest: set)
        hasher.update(littleEndian: UInt64(vocabularySize ?? 0))
        for value in [largestNoise, meanNoise] { hasher.update(littleEndian: UInt64(value.bitPattern)) }
        hasher.update(littleEndian: bitsAgreed ? 1 : 0)
        for values in logProbs {
            hasher.update(littleEndian: UInt64(values.count))
            for value in values { hasher.update(littleEndian: UInt64(value.bitPattern)) }
        }
        return hasher.finalize()
    }
}
