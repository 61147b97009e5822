import Checkpoints
import JSONValues
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Every family as students use it: written, read back, begun from random weights.
@Suite struct FamilyModelTests {
    @Test func everyFamilyHasTwoGoldens() throws {
        let families = try Golden.names.map { try Golden($0).checkpoint.configuration.string("model_type") }
        for family in ModelFamilies.modelTypes {
            #expect(families.filter { $0 == family }.count >= 2, "\(family)")
        }
    }

    @Test(arguments: Golden.names)
    func whatIsSavedIsTheSameModel(_ name: String) async throws {
        let golden = try Golden(name)
        let directory = try TemporaryDirectory()
        let pair = try await onThread {
            let workers = WorkerPool(threads: 1)
            let student = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
            try student.save(to: directory.path + "/saved", elementType: .f32)
            let saved = try Checkpoint(directory: directory.path + "/saved")
            #expect(Set(saved.tensorNames) == golden.gradientNames)
            return (
                try FrozenTransformer(checkpoint: golden.checkpoint, workers: workers).logProbs(golden.batch),
                try FrozenTransformer(checkpoint: saved, workers: workers).logProbs(golden.batch)
            )
        }
        #expect(bits(pair.0) == bits(pair.1))
    }

    /// transformers' Auto classes go by it.
    @Test(arguments: Golden.names)
    func whatIsBegunNamesItsClassInTransformers(_ name: String) async throws {
        let golden = try Golden(name)
        let directory = try TemporaryDirectory()
        let saved = try await onThread {
            var fields = JSONObject()
            for (key, value) in golden.checkpoint.configuration.members.members where key != "architectures" {
                fields[key: key] = value
            }
            let model = try TrainableTransformer(
                configuration: ConfigurationObject(fields, source: "config.json"), seed: 1,
                workers: WorkerPool(threads: 1))
            try model.save(to: directory.path, elementType: .bf16)
            return try Checkpoint(directory: directory.path).configuration
        }
        #expect(saved.value("architectures") == golden.checkpoint.configuration.value("architectures"))
        #expect(saved.value("architectures") != nil)
    }

    @Test(arguments: Golden.names)
    func randomWeightsAreDrawnAsByTransformers(_ name: String) async throws {
        let golden = try Golden(name)
        let losses = try await onThread {
            try [UInt64(1), 1, 2].map { seed in
                let model = try TrainableTransformer(
                    configuration: golden.checkpoint.configuration, seed: seed, workers: WorkerPool(threads: 1))
                let logProbs = try model.logProbs(golden.batch)
                return -golden.scored.reduce(0) { $0 + Double(logProbs[$1]) } / Double(golden.scored.count)
            }
        }
        #expect(losses[0] == losses[1] && losses[0] != losses[2])
        // Small weights know nothing: not far above the logarithm of the vocabulary (Youtu's are larger in small models).
        #expect(losses[0] > 4 && losses[0] < 8, "\(name)")
    }

    @Test func thePaddingRowStartsAsZero() async throws {
        let golden = try Golden("olmo-clip")
        let row = try await onThread {
            let model = try TrainableTransformer(
                configuration: golden.checkpoint.configuration, seed: 3, workers: WorkerPool(threads: 1))
            let embedding = try #require(model.parameters.first { $0.kind == .embedding })
            return model.withValues { values in
                Array(values[embedding.range].dropFirst(7 * embedding.shape[1]).prefix(embedding.shape[1]))
            }
        }
        #expect(row.allSatisfy { $0 == 0 })
    }
}
