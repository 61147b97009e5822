import Checkpoints
import Foundation
import JSONValues
import Sequences
import Tensors
import TokenWeights
import Tokenizers
import Transformers

/// What ReMiT's weights of the first step fall on: held-out documents, packed as in training, weighed by a base's first teacher
/// against the base itself.
package struct WeightProfile: Sendable, Equatable, Codable {
    /// Weights of the scored tokens of one kind: of a domain and, in reasoning, of a part of the problem.
    package struct Kind: Sendable, Equatable, Codable {
        /// Domain and part: `reasoning, question`, `reasoning, step`, `reasoning, answer`, `reasoning, end`, `filler` or `filler,
        /// end`.
        package var name: String
        /// Number of scored tokens.
        package var tokens: Int
        /// Mean of their weights; 1 is the weight of plain next-token prediction.
        package var meanWeight: Double
        /// Share of the tokens with a weight above 1. 0 to 1.
        package var upWeightedShare: Double
    }

    /// Seed of the base.
    package var seed: UInt64
    /// Every kind that occurs, in the order of names.
    package var kinds: [Kind]

    private static let documents = 400

    init(seed: UInt64, plan: FlywheelPlan, paths: FlywheelPaths) throws {
        let workers = WorkerPool(threads: 1)
        let teacherModel = FlywheelModel(seed: seed, round: 1, method: FlywheelMethod.baseline, phase: .reinforced)
        let (base, teacher) = try (
            FrozenTransformer(selfChecked: Checkpoint(model: paths.pretrained(seed)), workers: workers),
            FrozenTransformer(selfChecked: Checkpoint(model: paths.model(teacherModel)), workers: workers)
        )
        let tokenizer = try Tokenizer(directory: paths.tokenizer)
        let weighting = try TokenWeightings.named(ReMiT.name)
        var sums: [String: (tokens: Int, weight: Double, up: Int)] = [:]
        for window in try Self.windows(paths.heldOut, tokenizer, length: plan.sequenceLength) {
            let batch = PackedBatch(segments: window.map(\.tokenIDs))
            let sequence = try LogProbSequence(
                teacher: teacher.logProbs(batch), student: base.logProbs(batch),
                scored: [Bool](repeating: true, count: batch.tokenCount),
                documentStarts: batch.segments.starts)
            let weights = try weighting.weights(sequence).weights
            for (kind, (weight, isScored)) in zip(window.flatMap(\.kinds), zip(weights, sequence.scored)) where isScored
            {
                var sum = sums[kind] ?? (0, 0, 0)
                sum.tokens += 1
                sum.weight += Double(weight)
                sum.up += weight > 1 ? 1 : 0
                sums[kind] = sum
            }
        }
        self.seed = seed
        kinds = sums.sorted { $0.key < $1.key }.map { name, sum in
            Kind(
                name: name, tokens: sum.tokens, meanWeight: sum.weight / Double(sum.tokens),
                upWeightedShare: Double(sum.up) / Double(sum.tokens))
        }
    }

    /// A document of the held-out corpus; a token is a character, the last one the end of text.
    private struct Line {
        let tokenIDs: [Int32]
        let kinds: [String]
    }

    private static func windows(_ path: String, _ tokenizer: Tokenizer, length: Int) throws -> [[Line]] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FlywheelError.badResult(path: path, reason: "it is not there")
        }
        var windows: [[Line]] = []
        var room = 0
        for text in data.split(separator: UInt8(ascii: "\n")).prefix(documents) {
            guard case .object(let object)? = try? JSONValue(parsing: Array(text)),
                case .string(let text)? = object[key: "text"], case .string(let domain)? = object[key: "domain"]
            else { throw FlywheelError.badResult(path: path, reason: "a line has no text and domain") }
            let ids = try tokenizer.encode(text, addSpecialTokens: true).ids + [0]
            let line = Line(tokenIDs: ids, kinds: kinds(text, domain: domain) + [domain + ", end"])
            if ids.count > room {
                windows.append([])
                room = length
            }
            windows[windows.count - 1].append(line)
            room -= ids.count
        }
        return windows
    }

    /// Of each character: what stands before the colon, the steps, and the answer behind the last semicolon.
    private static func kinds(_ text: String, domain: String) -> [String] {
        let characters = Array(text)
        guard domain == "reasoning", let colon = characters.firstIndex(of: ":") else {
            return [String](repeating: domain, count: characters.count)
        }
        let answer = characters.lastIndex(of: ";") ?? colon
        return characters.indices.map { index in
            if index <= colon { return "reasoning, question" }
            if index <= answer { return "reasoning, step" }
            return characters[index] == "\n" ? "reasoning, end" : "reasoning, answer"
        }
    }
}
