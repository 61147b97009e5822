import Checkpoints
import Foundation
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// The likeliest tokens at each position.
@Suite struct TopKTests {
    /// As the log-probs of all families.
    static let tolerance = 2e-4

    @Test(arguments: ["llama-tied", "gemma2-caps"])
    func agreesWithTransformers(_ name: String) async throws {
        let golden = try Golden(name)
        let (k, ids, logProbs) = try golden.topK()
        let scores = try await onThread {
            try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
                .scores(golden.batch, topK: k)
        }
        let top = try #require(scores.top)
        var (worst, compared, different) = (0.0, 0, 0)
        for token in golden.scored {
            for rank in 0..<k {
                let place = token * k + rank
                worst = max(worst, abs(Double(top.logProbs[place]) - logProbs[place]))
                // Where two are nearly as likely, rounding may change their places.
                let gaps = [-1, 1].map { step in
                    (0..<k).contains(rank + step) ? abs(logProbs[place] - logProbs[place + step]) : 1
                }
                guard rank < k - 1, gaps.allSatisfy({ $0 > 2 * Self.tolerance }) else { continue }
                compared += 1
                different += top.tokenIDs[place] == ids[place] ? 0 : 1
            }
        }
        #expect(worst < Self.tolerance)
        #expect(different == 0 && compared > golden.scored.count * k / 2)
        let starts = golden.batch.segments.starts
        #expect(starts.allSatisfy { top.tokenIDs[$0 * k] == -1 && top.logProbs[$0 * k].isNaN })
    }

    /// Each token of the vocabulary, put behind a prefix, has the log-prob that the list gives it: the same bits.
    @Test(arguments: ["llama-bias", "gemma2-caps"], Precision.allCases)
    func isTheBeginningOfAFullSoftmax(_ name: String, _ precision: Precision) async throws {
        let golden = try Golden(name)
        try await onThread {
            let model = try FrozenTransformer(
                checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: 2))
            let vocabulary = model.description.vocabularySize
            let prefix = Array(golden.batch.tokenIDs.prefix(5))
            let all = try model.logProbs(PackedBatch(segments: (0..<vocabulary).map { prefix + [Int32($0)] }))
            let distribution = (0..<vocabulary).map { all[$0 * 6 + 5] }
            let sorted = distribution.sorted(by: >)
            for k in [1, 7, vocabulary] {
                let scores = try model.scores(PackedBatch(segments: [prefix + [0]]), topK: k)
                let top = try #require(scores.top?.tokens(5..<6, k: k))
                let isSame = bits(top.logProbs) == bits(sorted.prefix(k))
                let isTheirs = bits(top.tokenIDs.map { distribution[Int($0)] }) == bits(top.logProbs)
                #expect(isSame && isTheirs && Set(top.tokenIDs).count == k, "\(k)")
            }
        }
    }

    @Test(arguments: Precision.allCases)
    func neitherBatchNorThreadsNorKChangeABit(_ precision: Precision) async throws {
        let golden = try Golden("gemma2-caps")
        try await onThread {
            var random = DrawnRandom()
            let models = try [1, 2, 3, 7].map { threads in
                try FrozenTransformer(
                    checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: threads))
            }
            let description = models[0].description
            for _ in 0..<10 {
                let segments = InvarianceTests.segments(
                    vocabulary: description.vocabularySize, context: description.contextLength, &random)
                let batch = PackedBatch(segments: segments)
                let expected = try models[0].scores(batch, topK: 9)
                let plain = try models[0].logProbs(batch)
                #expect(bits(plain) == bits(expected.logProbs))
                for model in models.dropFirst() {
                    let isSame = Self.same(try model.scores(batch, topK: 9), expected)
                    #expect(isSame)
                }
                for index in segments.indices {
                    let alone = try models[1].scores(PackedBatch(segments: [segments[index]]), topK: 4)
                    let range = batch.segments[index]
                    let isSame = Self.same(
                        alone,
                        TokenScores(logProbs: Array(expected.logProbs[range]), top: expected.top?.tokens(range, k: 4)))
                    #expect(isSame)
                }
            }
        }
    }

    private static func same(_ a: TokenScores, _ b: TokenScores) -> Bool {
        bits(a.logProbs) == bits(b.logProbs) && a.top?.tokenIDs == b.top?.tokenIDs
            && bits(a.top?.logProbs ?? []) == bits(b.top?.logProbs ?? [])
    }
}
