import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// Exactness at the last position of a long segment, on every kernel path.
@Suite struct LongContextTests {
    static let length = 32_768
    /// Against an exact answer. What is left is the rounding of the log-probs and of the head; attention that sums all keys in one chain
    /// drifts by 8e-6 in this one layer, and by 9e-4 in models of thirty.
    static let tolerance = 5e-6

    /// One token repeated: all values that attention sees are equal, so that neither the scores nor the position matter, and the log-prob
    /// is the same everywhere.
    @Test(arguments: KernelPath.supported)
    func oneTokenRepeatedHasTheSameLogProbEverywhere(_ path: KernelPath) async throws {
        let logProbs = try await onThread {
            try Self.model(WorkerPool(threads: 2, path: path)).logProbs(
                PackedBatch(segments: [[Int32](repeating: 5, count: Self.length)]))
        }
        let drift = logProbs.dropFirst().map { abs(Double($0) - Double(logProbs[1])) }.max() ?? .infinity
        #expect(drift < Self.tolerance, "\(path): \(drift)")
    }

    private static func model(_ workers: WorkerPool) throws -> TrainableTransformer {
        let json = """
            {"model_type": "llama", "vocab_size": 12, "hidden_size": 16, "intermediate_size": 16, "head_dim": 8,
             "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "rms_norm_eps": 1e-6,
             "max_position_embeddings": \(length), "hidden_act": "silu", "rope_theta": 10000.0,
             "tie_word_embeddings": false, "initializer_range": 0.5}
            """
        return try TrainableTransformer(
            configuration: ConfigurationObject(parsing: Array(json.utf8), source: "config.json"), seed: 3,
            workers: workers)
    }
}
