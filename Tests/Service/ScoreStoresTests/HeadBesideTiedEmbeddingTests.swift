import Checkpoints
import Digests
import JSONValues
import ScoreStores
import Tensors
import TestSupport
import Testing
import Transformers

/// Log-probs that were kept when a model's own head was passed over for its embedding are not that model's, and are not served as its.
struct HeadBesideTiedEmbeddingTests {
    private static let configuration: JSONObject = [
        "model_type": .string("llama"), "vocab_size": .integer(40), "hidden_size": .integer(16),
        "intermediate_size": .integer(16), "num_hidden_layers": .integer(1), "num_attention_heads": .integer(2),
        "max_position_embeddings": .integer(32), "tie_word_embeddings": .bool(true), "initializer_range": .number(0.3),
    ]

    /// The same random weights, with the embedding's values as a head, or others.
    private static func checkpoint(in directory: String, headDiffers: Bool) throws -> Checkpoint {
        let model = try TrainableTransformer(
            configuration: ConfigurationObject(configuration, source: "config.json"), seed: 5,
            workers: WorkerPool(threads: 1))
        return try model.withValues { values in
            var sources = model.parameters.map { parameter in
                SafetensorsWriter.Source(
                    name: parameter.name, shape: parameter.shape,
                    floats: UnsafeBufferPointer(rebasing: values[parameter.range]), as: .f32)
            }
            let embedding = try #require(model.parameters.first { $0.kind == .embedding })
            let head = values[embedding.range].map { headDiffers ? -$0 : $0 }
            return try head.withUnsafeBufferPointer { head in
                sources.append(.init(name: "lm_head.weight", shape: embedding.shape, floats: head, as: .f32))
                try CheckpointWriter().write(sources, configuration: configuration, to: directory)
                return try Checkpoint(directory: directory)
            }
        }
    }

    @Test(arguments: [true, false]) func keptScoresAreServedForATiedHeadOnly(_ headDiffers: Bool) async throws {
        try await withStore { store, _ in
            let directory = try TemporaryDirectory()
            let checkpoint = try Self.checkpoint(in: directory.path, headDiffers: headDiffers)
            let model = try FrozenTransformer(checkpoint: checkpoint, workers: WorkerPool(threads: 1))
            // As it was told from config.json alone.
            let told = try checkpoint.modelFingerprint(
                numericFields: try ModelFamilies.numericFields(checkpoint.configuration))
            let before = ScoresFingerprint(model: told, precision: model.precision, kernelPath: model.kernelPath).digest
            store.append([Samples.segment(1, fingerprint: before)])
            store.flush()
            let found = store.logProbs(for: [Samples.key(1, fingerprint: model.scoresFingerprint)])
            #expect((found[0] == nil) == headDiffers)
        }
    }
}
