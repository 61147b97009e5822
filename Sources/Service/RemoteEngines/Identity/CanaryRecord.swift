import Digests
import Foundation
import JSONValues

/// What an engine answered for its canaries when it was first met, and how far its own answers lie apart.
package struct CanaryRecord: Sendable, Equatable {
    /// `CanarySet.digest` of what was asked.
    var set: SHA256Digest
    /// By segment, without the first position: each segment alone.
    var logProbs: [[Float]]
    /// Largest difference of a log-prob between alone and under load, in nats.
    package var largestNoise: Float
    /// Mean difference likewise.
    package var meanNoise: Float
    /// Whether all bits agreed alone and under load.
    package var bitsAgreed: Bool

    /// From answers that each segment got alone, and several under load.
    init(set: SHA256Digest, alone: [[Float]], loaded: [[[Float]]]) {
        self.set = set
        logProbs = alone
        let differences = loaded.map { Difference(alone, $0) }
        largestNoise = differences.map(\.largest).max() ?? 0
        meanNoise = differences.map(\.mean).max() ?? 0
        bitsAgreed = differences.allSatisfy { $0.differing == 0 }
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
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("canaries", set.hex)
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
        }
        return writer.bytes
    }

    init(json bytes: [UInt8]) throws {
        var (set, noise, mean, agreed, values) = (SHA256Digest?.none, Float?.none, Float?.none, Bool?.none, [[Float]]())
        try JSONReader.read(bytes) { reader in
            try reader.object { reader, key in
                switch key {
                case "canaries": set = SHA256Digest(hex: try reader.string())
                case "largest_noise_nats": noise = try reader.float()
                case "mean_noise_nats": mean = try reader.float()
                case "bits_agreed": agreed = try reader.bool()
                case "log_probs": try reader.array { reader, _ in values.append(try reader.floatsOrNulls()) }
                default: try reader.skip()
                }
            }
        }
        guard let set, let noise, let mean, let agreed else { throw AnswerFault("it lacks a field") }
        (self.set, logProbs, largestNoise, meanNoise, bitsAgreed) = (set, values, noise, mean, agreed)
    }
}
