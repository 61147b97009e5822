import Foundation
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Entropy and normalizer of whole distributions.
@Suite struct TemperedScoreTests {
    /// In nats: f32 logits of small models against float64. Below 1 a temperature makes the log-probs' own error as much larger.
    static let tolerance = 1e-5
    private static let temperatures = [1, 2, 0.3, 7.5]

    @Test(arguments: ["llama-tied", "gemma2-caps"])
    func agreesWithTorch(_ name: String) async throws {
        let golden = try Golden(name)
        let expected = try golden.tempered()
        let scores = try await onThread {
            try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
                .scores(golden.batch, ScoreDetail(temperatures: expected.temperatures))
        }
        #expect(scores.tempered.map(\.temperature) == expected.temperatures && scores.top == nil)
        for (index, tempered) in scores.tempered.enumerated() {
            let worst =
                golden.scored.map { token in
                    max(
                        abs(Double(tempered.logSumExps[token]) - expected.logSumExps[index][token]),
                        abs(Double(tempered.entropies[token]) - expected.entropies[index][token]))
                }.max() ?? .infinity
            #expect(worst < Self.tolerance / min(1, tempered.temperature), "\(tempered.temperature): \(worst)")
            let isEmptyAtStarts = golden.batch.segments.starts.allSatisfy {
                tempered.logSumExps[$0].isNaN && tempered.entropies[$0].isNaN
            }
            #expect(isEmptyAtStarts)
        }
    }

    /// What a client does with it: the log-probs of all tokens, tempered, are those of a distribution with that entropy.
    @Test func logProbsBecomeTempered() async throws {
        let golden = try Golden("gemma2-caps")
        let (scores, vocabulary) = try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            let vocabulary = model.description.vocabularySize
            return (
                try model.scores(
                    golden.batch, ScoreDetail(topK: vocabulary, temperatures: Self.temperatures)), vocabulary
            )
        }
        let top = try #require(scores.top)
        for token in golden.scored {
            for tempered in scores.tempered {
                let logProbs = top.logProbs[token * vocabulary..<(token + 1) * vocabulary].map {
                    Double($0) / tempered.temperature - Double(tempered.logSumExps[token])
                }
                #expect(abs(logProbs.map(exp).reduce(0, +) - 1) < Self.tolerance)
                let entropy = -logProbs.map { exp($0) * $0 }.reduce(0, +)
                #expect(abs(entropy - Double(tempered.entropies[token])) < Self.tolerance)
            }
        }
    }

    /// Nor does what else is asked for.
    @Test(arguments: Precision.allCases)
    func neitherBatchNorThreadsChangeABit(_ precision: Precision) async throws {
        let golden = try Golden("gemma2-caps")
        try await onThread {
            var random = DrawnRandom()
            let models = try [1, 2, 3, 7].map { threads in
                try FrozenTransformer(
                    checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: threads))
            }
            let description = models[0].description
            let detail = ScoreDetail(temperatures: Self.temperatures)
            for _ in 0..<10 {
                let segments = InvarianceTests.segments(
                    vocabulary: description.vocabularySize, context: description.contextLength, &random)
                let batch = PackedBatch(segments: segments)
                let expected = try models[0].scores(batch, detail)
                #expect(bits(expected.logProbs) == bits(try models[0].logProbs(batch)))
                for model in models.dropFirst() {
                    let more = try model.scores(batch, ScoreDetail(topK: 3, temperatures: [5] + Self.temperatures))
                    let isSame = Self.same(more.tokens(0..<batch.tokenCount, detail), expected)
                    #expect(isSame)
                }
                for index in segments.indices {
                    let alone = try models[1].scores(PackedBatch(segments: [segments[index]]), detail)
                    let isSame = Self.same(alone, expected.tokens(batch.segments[index], detail))
                    #expect(isSame)
                }
            }
        }
    }

    private static func same(_ a: TokenScores, _ b: TokenScores) -> Bool {
        bits(a.logProbs) == bits(b.logProbs) && a.detail == b.detail
            && zip(a.tempered, b.tempered).allSatisfy {
                bits($0.logSumExps) == bits($1.logSumExps) && bits($0.entropies) == bits($1.entropies)
            }
    }
}
