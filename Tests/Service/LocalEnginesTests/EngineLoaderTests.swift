import Checkpoints
import Corpora
import Foundation
import JSONValues
import LocalEngines
import Sequences
import Tensors
import TestSupport
import Testing
import Tokenizers
import Transformers

struct EngineLoaderTests {
    private let directory: TemporaryDirectory
    private let workers = WorkerPool(threads: 2)

    init() throws { directory = try TemporaryDirectory() }

    /// A model of random parameters.
    private func checkpoint(seed: UInt64) throws -> Checkpoint {
        let configuration: JSONObject = [
            "model_type": .string("llama"), "vocab_size": .integer(40), "hidden_size": .integer(16),
            "intermediate_size": .integer(16), "num_hidden_layers": .integer(1), "num_attention_heads": .integer(2),
            "max_position_embeddings": .integer(32), "initializer_range": .number(0.3),
        ]
        let model = try TrainableTransformer(
            configuration: ConfigurationObject(configuration, source: "config.json"), seed: seed, workers: workers)
        let path = directory.file("\(seed)")
        try model.withValues { values in
            let sources = model.parameters.map { parameter in
                SafetensorsWriter.Source(
                    name: parameter.name, shape: parameter.shape,
                    floats: UnsafeBufferPointer(rebasing: values[parameter.range]), as: .f32)
            }
            try CheckpointWriter().write(sources, configuration: configuration, to: path)
        }
        return try Checkpoint(model: path)
    }

    private func loader(maxMemory: Int) -> EngineLoader {
        EngineLoader(
            precision: .f32, workers: workers, maxBatchTokens: 64, maxSegmentTokens: 32,
            budget: MemoryBudget(limit: maxMemory))
    }

    private static func areOne(_ first: LocalEngine, _ other: LocalEngine) -> Bool {
        let (first, other) = (first.engine as AnyObject, other.engine as AnyObject)
        return first === other
    }

    private func held(_ engine: LocalEngine) -> Int {
        engine.footprint.parameterBytes + engine.footprint.scratchBytes
    }

    @Test func aLoadedModelIsCheckedAndHoldsItsMemory() async throws {
        try await onThread {
            let loader = loader(maxMemory: 1 << 30)
            var engine: LocalEngine? = try loader.load(checkpoint(seed: 1))
            let loaded = try #require(engine)
            #expect(loaded.description.family == "llama" && loaded.description.contextLength == 32)
            #expect(loaded.selfCheck.rowsCompared > 0 && loaded.precision == .f32)
            #expect(loader.budget.inUse == held(loaded) && held(loaded) > 0)
            let scores = try loaded.engine.scores(PackedBatch(segments: [[1, 2, 3]]), topK: 0)
            #expect(scores.logProbs.count == 3)
            engine = nil
            withExtendedLifetime(loaded) {}
        }
    }

    @Test func memoryIsGivenBackWithTheLastReference() async throws {
        try await onThread {
            let loader = loader(maxMemory: 1 << 30)
            let checkpoint = try checkpoint(seed: 1)
            for _ in 0..<2 {
                let engine = try loader.load(checkpoint)
                #expect(loader.budget.inUse == held(engine))
            }
            #expect(loader.budget.inUse == 0)
        }
    }

    /// Under two names, or as teacher and base.
    @Test func theSameModelIsHeldOnce() async throws {
        try await onThread {
            let loader = loader(maxMemory: 1 << 30)
            let first = try loader.load(checkpoint(seed: 1))
            let again = try loader.load(checkpoint(seed: 1))
            #expect(Self.areOne(first, again))
            #expect(loader.budget.inUse == held(first))
            let other = try loader.load(checkpoint(seed: 2))
            #expect(!Self.areOne(first, other))
            #expect(loader.budget.inUse == held(first) + held(other))
            withExtendedLifetime((first, again, other)) {}
        }
    }

    @Test func whatDoesNotFitIsRefusedAndLeavesNothingReserved() async throws {
        try await onThread {
            let (one, other) = (try checkpoint(seed: 1), try checkpoint(seed: 2))
            let footprint = try loader(maxMemory: 1 << 30).load(one).footprint
            let enough = footprint.parameterBytes + footprint.scratchBytes + footprint.loadingBytes
            #expect(throws: MemoryBudget.Exceeded.self) { try loader(maxMemory: enough - 1).load(one) }
            let tight = loader(maxMemory: enough)
            try tight.checkMemory(for: [one])
            #expect(throws: MemoryBudget.Exceeded.self) { try tight.checkMemory(for: [one, other]) }
            #expect(tight.budget.inUse == 0)
            let engine = try tight.load(one)
            #expect(throws: MemoryBudget.Exceeded.self) { try tight.load(other) }
            #expect(tight.budget.inUse == held(engine))
        }
    }
}

struct ModelPairTests {
    private static let demo = Program.root + "/Examples/demo"

    @Test func aPairOfOneLineageIsOpened() throws {
        let pair = try ModelPair(teacher: Self.demo + "/teacher", base: Self.demo + "/base", ignoring: [])
        #expect(pair.base != nil && pair.baseText?.tokenizer.fingerprint == pair.text.tokenizer.fingerprint)
    }

    @Test func anotherTokenizerIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("base")
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.demo + "/base") {
            let bytes = try #require(FileManager.default.contents(atPath: Self.demo + "/base/" + name))
            var text = bytes
            if name == "tokenizer.json" {
                // One merge less is another tokenizer.
                var json = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
                var model = try #require(json["model"] as? [String: Any])
                model["merges"] = Array(try #require(model["merges"] as? [Any]).dropLast())
                json["model"] = model
                text = try JSONSerialization.data(withJSONObject: json)
            }
            try directory.write("base/" + name, text)
        }
        let error = try #require(throws: ModelPairError.self) {
            try ModelPair(teacher: Self.demo + "/teacher", base: path, ignoring: [])
        }
        #expect(error.description.hasPrefix("teacher and base have different tokenizers"))
    }
}
