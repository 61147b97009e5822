import Checkpoints
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// A segment's log-probs are the same bits alone, in any batch, in any order, with any number of threads, in scoring and in
/// training; gradients do not depend on the number of threads.
@Suite struct InvarianceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let golden: String
        let path: KernelPath
        let precision: Precision
        var testDescription: String { "\(golden), \(path), \(precision)" }
    }

    static let cases = Golden.names.flatMap { name in
        KernelPath.supported.flatMap { path in
            Precision.allCases.map { Case(golden: name, path: path, precision: $0) }
        }
    }
    /// 2,000 batches over all cases, in each of which several segments are compared.
    static let batchesPerCase = (2000 + cases.count - 1) / cases.count

    @Test(arguments: cases)
    func aloneIsAsInAnyBatch(_ given: Case) async throws {
        let golden = try Golden(given.golden)
        try await onThread {
            let model = try FrozenTransformer(
                checkpoint: golden.checkpoint, precision: given.precision,
                workers: WorkerPool(threads: 1, path: given.path))
            var random = DrawnRandom()
            for _ in 0..<InvarianceTests.batchesPerCase {
                let segments = InvarianceTests.segments(
                    vocabulary: model.description.vocabularySize, context: model.description.contextLength, &random)
                let together = try model.logProbs(PackedBatch(segments: segments))
                let order = segments.indices.shuffled()
                let shuffled = try model.logProbs(PackedBatch(segments: order.map { segments[$0] }))
                let spans = PackedBatch(segments: segments).segments
                var position = 0
                for index in order {
                    let alone = bits(try model.logProbs(PackedBatch(segments: [segments[index]])))
                    let inBatch = alone == bits(together[spans[index]])
                    let inOrder = alone == bits(shuffled[position..<position + alone.count])
                    #expect(inBatch && inOrder, "\(given), \(alone.count) tokens of \(spans.starts)")
                    position += alone.count
                }
            }
        }
    }

    /// Rounding of inputs to bf16 moves log-probs of these small models by no more than this, and does move them.
    static let bf16Tolerance = 0.25

    @Test(arguments: Golden.names, KernelPath.supported)
    func bf16IsNear(_ name: String, _ path: KernelPath) async throws {
        let golden = try Golden(name)
        let logProbs = try await onThread {
            try FrozenTransformer(
                checkpoint: golden.checkpoint, precision: .bf16, workers: WorkerPool(threads: 1, path: path)
            ).logProbs(golden.batch)
        }
        let differences = golden.scored.map { abs(Double(logProbs[$0]) - golden.logProbs[$0]) }
        let worst = differences.max() ?? 0
        #expect(worst < InvarianceTests.bf16Tolerance && worst > 1e-4, "\(name)")
    }

    @Test(arguments: Golden.names)
    func threadsChangeNothing(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            var random = DrawnRandom()
            let description = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
                .description
            let others = (0..<4).map { _ in
                PackedBatch(
                    segments: InvarianceTests.segments(
                        vocabulary: description.vocabularySize, context: description.contextLength, &random))
            }
            for batch in [golden.batch] + others {
                let results = try [1, 2, 3, 7].map { threads in
                    let workers = WorkerPool(threads: threads)
                    let frozen = try FrozenTransformer(checkpoint: golden.checkpoint, workers: workers).logProbs(batch)
                    let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
                    let forward = try student.forward(batch)
                    let isForward = bits(forward) == bits(frozen)
                    let isEvaluation = bits(try student.logProbs(batch)) == bits(frozen)
                    #expect(isForward && isEvaluation, "\(name), \(threads) threads")
                    try student.backward(logProbGradients: forward.map { $0.isNaN ? .nan : $0 * 0.01 })
                    let bf16 = try FrozenTransformer(
                        checkpoint: golden.checkpoint, precision: .bf16, workers: workers
                    ).logProbs(batch)
                    return (bits(frozen) + bits(bf16), student.withGradients { bits($0) })
                }
                for result in results.dropFirst() {
                    let (scores, gradients) = (result.0 == results[0].0, result.1 == results[0].1)
                    #expect(scores && gradients, "\(name)")
                }
            }
        }
    }

    /// A few segments, some of one token, some longer than a key block.
    static func segments(vocabulary: Int, context: Int, _ random: inout DrawnRandom) -> [[Int32]] {
        (0..<Int.random(in: 1...6, using: &random)).map { _ in
            let longest = [2, 30, min(150, context)].randomElement(using: &random) ?? 2
            return (0..<Int.random(in: 1...longest, using: &random)).map { _ in
                Int32.random(in: 0..<Int32(vocabulary), using: &random)
            }
        }
    }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
