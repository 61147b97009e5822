import Foundation
import RandomNumbers
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// The divergence from a teacher's likeliest tokens and its gradient, against sums over the whole vocabulary of what next-token loss gives.
@Suite struct SoftTargetTests {
    /// As gradients of next-token loss against PyTorch: norm of the difference over norm.
    static let gradientTolerance = 1e-4
    static let divergenceTolerance = 1e-5

    /// A position whose distribution the naive side takes apart: a prefix, and each token of the vocabulary behind it in turn.
    private struct OnePosition {
        let vocabulary: Int
        let prefix: [Int32]
        /// Over the vocabulary.
        let teacher: [Double]
        let top: TopLogProbs

        /// - Parameter sharpness: the deviation of the teacher's random logits.
        init(vocabulary: Int, prefix: [Int32], k: Int, sharpness: Double) {
            self.vocabulary = vocabulary
            self.prefix = prefix
            // The same teacher each time: where one is by chance nearly the student the gradient is nearly 0, and its relative error large.
            var random = SplitMix64(seed: UInt64(k) << 8 + UInt64(sharpness))
            let logits = (0..<vocabulary).map { _ in sharpness * (4 * random.uniform() - 2) }
            let logZ = log(logits.map { exp($0) }.reduce(0, +))
            let logProbs = logits.map { Float($0 - logZ) }
            teacher = logProbs.map { exp(Double($0)) }
            let order = logProbs.indices.sorted { logProbs[$0] > logProbs[$1] }.prefix(k)
            var top = TopLogProbs(unpredicted: 1, k: k)
            // Positions within the prefix say something too, which nobody reads.
            for _ in 0..<prefix.count {
                top.append(TopLogProbs(k: k, tokenIDs: order.map(Int32.init), logProbs: order.map { logProbs[$0] }))
            }
            self.top = top
        }

        var known: [Int] { top.tokenIDs.suffix(top.k).map(Int.init) }
        var segment: PackedBatch { PackedBatch(segments: [prefix + [3]]) }
        /// The same prefix with every token behind it.
        var all: PackedBatch { PackedBatch(segments: (0..<vocabulary).map { prefix + [Int32($0)] }) }
        /// Values at the last position of each segment of `all`, 0 elsewhere.
        func atLast(_ values: [Double]) -> [Float] {
            values.flatMap { [Float](repeating: 0, count: prefix.count) + [Float($0)] }
        }

        /// The divergence, and its derivatives with respect to every log p of the vocabulary, by central differences.
        func naive(_ logProbs: [Double], _ divergence: Divergence) -> (divergence: Double, gradients: [Double]) {
            let step = 1e-5
            let gradients = logProbs.indices.map { id in
                let (up, down) = (1.0, -1.0)
                let values = [up, down].map { sign in
                    var moved = logProbs
                    moved[id] += sign * step
                    return value(moved, divergence)
                }
                return (values[0] - values[1]) / (2 * step)
            }
            return (value(logProbs, divergence), gradients)
        }

        /// Over the k and the rest, if there is one, of softmax(logits / T) and of the teacher, which is at T already.
        private func value(_ logits: [Double], _ divergence: Divergence) -> Double {
            let scaled = logits.map { $0 / divergence.temperature }
            let logZ = log(scaled.map { exp($0) }.reduce(0, +))
            let (known, logP) = (Set(known), scaled.map { $0 - logZ })
            var outcomes = known.map { (log(teacher[$0]), logP[$0]) }
            let others = logP.indices.filter { !known.contains($0) }
            if !others.isEmpty {
                outcomes.append(
                    (log(1 - known.reduce(0.0) { $0 + teacher[$1] }), log(others.reduce(0.0) { $0 + exp(logP[$1]) })))
            }
            return outcomes.reduce(0) { sum, pair in
                let (first, second) = divergence.direction == .forward ? pair : (pair.1, pair.0)
                return sum + exp(first) * (first - second)
            }
        }
    }

    static let cases: [(tokens: Int, divergence: Divergence)] = [1, 9, 0].flatMap { tokens in
        [
            Divergence(), Divergence(.reverse), Divergence(.forward, temperature: 2),
            Divergence(.reverse, temperature: 0.5),
        ].map { (tokens, $0) }
    }

    @Test(arguments: ["llama-bias", "gemma2-caps"], cases)
    func agreesWithASumOverTheVocabulary(
        _ name: String, _ asked: (tokens: Int, divergence: Divergence)
    ) async throws {
        let (tokens, divergence) = asked
        let golden = try Golden(name)
        try await onThread {
            let student = try TrainableTransformer(
                checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            let vocabulary = student.description.vocabularySize
            for (keeps, sharpness) in [(true, 1.0), (false, 3.0)] {
                student.maxKeptLogitBytes = keeps ? 1 << 30 : 0
                let one = OnePosition(
                    vocabulary: vocabulary, prefix: Array(golden.batch.tokenIDs.prefix(4)),
                    k: tokens == 0 ? vocabulary : tokens, sharpness: sharpness)

                let last = (0..<vocabulary).map { $0 * 5 + 4 }
                student.zeroGradients()
                let logProbs = try student.forward(one.all)
                let naive = one.naive(last.map { Double(logProbs[$0]) }, divergence)
                try student.backward(logProbGradients: one.atLast(naive.gradients))
                let expected = student.withGradients { Array($0) }

                student.zeroGradients()
                let plain = try student.logProbs(one.segment)
                let forward = try student.forward(one.segment, softTargets: one.top, divergence: divergence)
                #expect(bits(forward) == bits(plain))
                let divergences = student.divergences()
                let isNear =
                    abs(divergences[4] - naive.divergence) < Self.divergenceTolerance * max(1, naive.divergence)
                #expect(isNear, "\(divergences[4]) \(naive.divergence)")
                #expect(divergences[0].isNaN)
                try student.backward(
                    logProbGradients: [0, 0, 0, 0, 0], divergenceGradients: [.nan, 0, 0, 0, 1])
                let distance = Self.distance(student.withGradients { Array($0) }, expected)
                #expect(distance < Self.gradientTolerance, "\(name), k \(one.top.k), kept \(keeps), \(divergence)")
            }
        }
    }

    /// A teacher that is sure of the token makes the divergence the next-token loss.
    @Test func aSureTeacherIsNextTokenLoss() async throws {
        let golden = try Golden("gemma2-caps")
        try await onThread {
            let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let batch = golden.batch
            let starts = Set(batch.segments.starts)
            let sure = TopLogProbs(
                k: 1, tokenIDs: batch.tokenIDs.indices.map { starts.contains($0) ? -1 : batch.tokenIDs[$0] },
                logProbs: batch.tokenIDs.indices.map { starts.contains($0) ? .nan : 0 })
            let logProbs = try student.forward(batch, softTargets: sure)
            for (divergence, logProb) in zip(student.divergences(), logProbs) where logProb.isFinite {
                #expect(abs(divergence + Double(logProb)) < 1e-6)
            }
            try student.backward(
                logProbGradients: logProbs.map { _ in 0 }, divergenceGradients: logProbs.map { _ in 0.01 })
            let distilled = student.withGradients { Array($0) }
            student.zeroGradients()
            _ = try student.forward(batch)
            try student.backward(logProbGradients: logProbs.map { _ in -0.01 })
            #expect(Self.distance(distilled, student.withGradients { Array($0) }) < 1e-5)
        }
    }

    @Test(arguments: [Divergence(), Divergence(.reverse, temperature: 2)])
    func threadsChangeNoBit(_ divergence: Divergence) async throws {
        let golden = try Golden("gemma2-caps")
        try await onThread {
            let teacher = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let top = try teacher.scores(golden.batch, topK: 7).top
            let results = try [1, 2, 3, 7].map { threads in
                let student = try TrainableTransformer(
                    checkpoint: golden.checkpoint, workers: WorkerPool(threads: threads))
                // The student must not be the teacher, where the gradient is 0.
                student.withValues { values in for index in values.indices { values[index] *= 1.25 } }
                student.parametersDidChange()
                let forward = try student.forward(golden.batch, softTargets: top, divergence: divergence)
                let divergences = student.divergences().map(\.bitPattern)
                try student.backward(
                    logProbGradients: forward.map { _ in -0.02 }, divergenceGradients: forward.map { _ in 0.03 })
                return (divergences, student.withGradients { bits($0) })
            }
            for result in results.dropFirst() {
                let isSame = result.0 == results[0].0 && result.1 == results[0].1
                #expect(isSame)
            }
        }
    }

    /// A student that is its own teacher has nothing to learn.
    @Test func equalDistributionsDivergeByNothing() async throws {
        let golden = try Golden("llama-tied")
        try await onThread {
            let workers = WorkerPool(threads: 1)
            let top = try FrozenTransformer(checkpoint: golden.checkpoint, workers: workers)
                .scores(golden.batch, topK: 5).top
            let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
            _ = try student.forward(golden.batch, softTargets: top)
            let worst = student.divergences().filter { !$0.isNaN }.map(abs).max() ?? 1
            #expect(worst < 1e-6)
        }
    }

    /// A teacher's rest that 32-bit log-probs cannot tell from nothing leaves the reverse divergence finite.
    @Test func aReverseDivergenceIsFinite() async throws {
        let golden = try Golden("gemma2-caps")
        try await onThread {
            let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let batch = golden.batch
            let starts = Set(batch.segments.starts)
            let sure = TopLogProbs(
                k: 1, tokenIDs: batch.tokenIDs.indices.map { starts.contains($0) ? -1 : batch.tokenIDs[$0] },
                logProbs: batch.tokenIDs.indices.map { starts.contains($0) ? .nan : 0 })
            let logProbs = try student.forward(batch, softTargets: sure, divergence: Divergence(.reverse))
            for (divergence, logProb) in zip(student.divergences(), logProbs) where logProb.isFinite {
                #expect(divergence > 0 && divergence < 17)
            }
            try student.backward(
                logProbGradients: logProbs.map { _ in 0 }, divergenceGradients: logProbs.map { _ in 0.01 })
            #expect(student.withGradients { $0.allSatisfy(\.isFinite) })
        }
    }

    private static func distance(_ got: [Float], _ expected: [Float]) -> Double {
        let difference = zip(got, expected).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        return (difference / expected.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot()
    }
}
