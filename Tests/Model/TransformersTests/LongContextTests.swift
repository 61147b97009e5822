import Checkpoints
import Foundation
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Exactness at the last position of a long segment, on every kernel path.
@Suite struct LongContextTests {
    /// In f32 the last is as the one before it.
    static let paths = KernelPath.supported.filter { $0 != .avx512bf16 }
    static let length = 32_768
    /// Against an exact answer. What is left is the rounding of the log-probs and of the head; attention that sums all keys in one chain
    /// drifts by 8e-6 in this one layer, and by 9e-4 in models of thirty.
    static let tolerance = 5e-6

    /// One token repeated: all values that attention sees are equal, so that neither the scores nor the position matter, and the log-prob
    /// is the same everywhere.
    @Test(arguments: paths)
    func oneTokenRepeatedHasTheSameLogProbEverywhere(_ path: KernelPath) async throws {
        let logProbs = try await onThread {
            try Self.model(WorkerPool(threads: 2, path: path)).logProbs(
                PackedBatch(segments: [[Int32](repeating: 5, count: Self.length)]))
        }
        let drift = logProbs.dropFirst().map { abs(Double($0) - Double(logProbs[1])) }.max() ?? .infinity
        #expect(drift < Self.tolerance, "\(path): \(drift)")
    }

    /// Against transformers; sums over all keys in one chain are off by 7e-5 at 8,192 tokens.
    static let goldenTolerance = 4e-5

    @Test(arguments: LongGolden.names, paths)
    func longSegmentsAgreeWithTransformers(_ name: String, _ path: KernelPath) async throws {
        let golden = try LongGolden(name)
        let (logProbs, trained, repeated) = try await onThread {
            let workers = WorkerPool(threads: 2, path: path)
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: workers)
            let batch = PackedBatch(segments: [golden.tokenIDs])
            let token = [Int32](repeating: golden.repeatedToken, count: golden.tokenIDs.count)
            return (
                try model.logProbs(batch),
                try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers).forward(batch),
                try model.logProbs(PackedBatch(segments: [token]))
            )
        }
        let worst = zip(golden.positions, golden.logProbs).map { abs(Double(logProbs[$0]) - $1) }.max() ?? .infinity
        #expect(worst < Self.goldenTolerance, "\(name), \(path): \(worst)")
        let drift = repeated.dropFirst().map { abs(Double($0) - golden.repeatedLogProb) }.max() ?? .infinity
        #expect(drift < Self.tolerance, "\(name), \(path): \(drift)")
        #expect(bits(trained) == bits(logProbs))
    }

    /// Completions that pass the ends of key blocks and of spans of blocks.
    @Test(arguments: LongGolden.names)
    func longCompletionsHaveTheLogProbsOfTheWholeForward(_ name: String) async throws {
        let golden = try LongGolden(name)
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            let requests = [1000, 1023, 2040, 3060].map {
                GenerationRequest(prompt: Array(golden.tokenIDs.prefix($0)), seed: UInt64($0))
            }
            let options = GenerationOptions(maxNewTokens: 40, temperature: 1, stopTokens: [])
            let found = try model.makeDecoder(DecoderLimits(sequences: 2, maxTokens: 4096)).generate(requests, options)
            for (request, generation) in zip(requests, found) {
                let whole = try model.logProbs(PackedBatch(segments: [request.prompt + generation.tokenIDs]))
                let same = bits(whole.dropFirst(request.prompt.count)) == bits(generation.logProbs)
                #expect(same, "\(name), prompt of \(request.prompt.count)")
            }
        }
    }

    /// Of a gradient: norm of the difference over norm. Sums in one chain are off by 5e-5 here.
    static let gradientTolerance = 1e-5

    /// Many segments of the same tokens have the gradient of one, however many there are: sums over rows of matrices, biases, norms
    /// and of one token's embedding.
    @Test(arguments: ["llama-bias", "llama-tied"], paths)
    func gradientsOfManyTokensDoNotDrift(_ name: String, _ path: KernelPath) async throws {
        let golden = try Golden(name)
        let copies = 4096
        let (one, many) = try await onThread {
            let workers = WorkerPool(threads: 2, path: path)
            MatrixMultiply.useCallingThreadOnly()
            func gradients(_ copies: Int) throws -> [String: [Float]] {
                let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
                _ = try model.forward(PackedBatch(segments: [[Int32]](repeating: [5, 5], count: copies)))
                try model.backward(
                    logProbGradients: [Float](repeating: -1 / Float(copies), count: 2 * copies))
                return model.withGradients { gradients in
                    Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, Array(gradients[$0.range])) })
                }
            }
            return (try gradients(1), try gradients(copies))
        }
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        for (parameter, expected) in one where norm(expected.map(Double.init)) > 1e-3 {
            let difference = zip(many[parameter] ?? [], expected).map { Double($0) - Double($1) }
            let error = norm(difference) / norm(expected.map(Double.init))
            #expect(error < Self.gradientTolerance, "\(name), \(path): \(parameter) \(error)")
        }
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
