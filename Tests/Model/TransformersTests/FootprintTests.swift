import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

@Suite struct FootprintTests {
    /// What a server reserves before it reads a weight is what the model takes.
    @Test(arguments: ["llama-bias", "llama-tied", "gemma2-caps", "youtu-low-rank"], [Precision.f32, .bf16])
    func isWhatTheModelTakes(_ golden: String, _ precision: Precision) async throws {
        try await onThread {
            let checkpoint = try Golden(golden).checkpoint
            let workers = WorkerPool(threads: 2)
            let footprint = try ModelFootprint(
                checkpoint: checkpoint, precision: precision, workers: workers, maxBatchTokens: 300,
                maxSegmentTokens: 100)
            let model = try FrozenTransformer(checkpoint: checkpoint, precision: precision, workers: workers)
            #expect(footprint.parameterBytes == model.parameterByteCount)
            #expect(footprint.scratchBytes == model.scratchByteCount(maxBatchTokens: 300, maxSegmentTokens: 100))
            #expect(footprint.loadingBytes > 0)
        }
    }
}
