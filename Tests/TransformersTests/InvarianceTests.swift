import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

/// A segment's log-probs are the same bits alone, in any batch, in any order, with any number of threads, in scoring and in
/// training; gradients do not depend on the number of threads.
@Suite struct InvarianceTests {
    static let paths = KernelPath.supported

    @Test(arguments: Golden.names, paths)
    func aloneIsAsInAnyBatch(_ name: String, _ path: KernelPath) async throws {
        let golden = try Golden(name)
        try await onThread {
            let model = try FrozenTransformer(
                checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1, path: path))
            var random = SystemRandomNumberGenerator()
            for _ in 0..<20 {
                let segments = InvarianceTests.segments(
                    vocabulary: model.description.vocabularySize, context: model.description.contextLength, &random)
                let together = try model.logProbs(PackedBatch(segments: segments))
                let order = segments.indices.shuffled()
                let shuffled = try model.logProbs(PackedBatch(segments: order.map { segments[$0] }))
                var starts = [0]
                for segment in segments { starts.append(starts[starts.count - 1] + segment.count) }
                var position = 0
                for index in order {
                    let alone = try model.logProbs(PackedBatch(segments: [segments[index]]))
                    let count = segments[index].count
                    #expect(bits(alone) == bits(together[starts[index]..<starts[index + 1]]))
                    #expect(bits(alone) == bits(shuffled[position..<position + count]))
                    position += count
                }
            }
        }
    }

    @Test(arguments: Golden.names)
    func threadsChangeNothing(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            var random = SystemRandomNumberGenerator()
            let batches =
                try [golden.batch]
                + (0..<4).map { _ in
                    let description = try FrozenTransformer(
                        checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1)
                    )
                    .description
                    return PackedBatch(
                        segments: InvarianceTests.segments(
                            vocabulary: description.vocabularySize, context: description.contextLength, &random))
                }
            for batch in batches {
                let results = try [1, 2, 3, 7].map { threads in
                    let workers = WorkerPool(threads: threads)
                    let frozen = try FrozenTransformer(checkpoint: golden.checkpoint, workers: workers).logProbs(batch)
                    let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
                    let forward = try student.forward(batch)
                    #expect(bits(forward) == bits(frozen))
                    #expect(bits(try student.logProbs(batch)) == bits(frozen))
                    try student.backward(logProbGradients: forward.map { $0.isNaN ? .nan : $0 * 0.01 })
                    return (bits(frozen), bits(student.gradients))
                }
                for result in results.dropFirst() {
                    #expect(result.0 == results[0].0)
                    #expect(result.1 == results[0].1)
                }
            }
        }
    }

    /// A few segments, some of one token, some longer than a key block.
    static func segments(vocabulary: Int, context: Int, _ random: inout SystemRandomNumberGenerator) -> [[Int32]] {
        (0..<Int.random(in: 1...6, using: &random)).map { _ in
            let longest = [2, 30, min(150, context)].randomElement(using: &random) ?? 2
            return (0..<Int.random(in: 1...longest, using: &random)).map { _ in
                Int32.random(in: 0..<Int32(vocabulary), using: &random)
            }
        }
    }
}

func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
