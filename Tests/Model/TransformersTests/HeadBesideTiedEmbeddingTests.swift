import Checkpoints
import Digests
import JSONValues
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// A head of its own in a checkpoint whose config.json ties it to the embedding. The numbers are those of the goldens `*-own-head`; here is
/// what follows for whoever keeps them.
@Suite struct HeadBesideTiedEmbeddingTests {
    static let names = ["qwen2-own-head", "smollm3-own-head"]

    private struct Loaded {
        var frozen: FrozenTransformer
        var trainable: TrainableTransformer
    }

    private static func load(_ checkpoint: Checkpoint) throws -> Loaded {
        let workers = WorkerPool(threads: 1)
        return Loaded(
            frozen: try FrozenTransformer(checkpoint: checkpoint, workers: workers),
            trainable: try TrainableTransformer(checkpoint: checkpoint, workers: workers))
    }

    /// A copy of a golden, its head replaced: by the embedding's values, or by what `body` makes of the golden's.
    private static func copy(
        _ name: String, to directory: String, config: [String: JSONValue] = [:],
        head body: (_ embedding: [UInt8], _ head: [UInt8]) -> [UInt8]?
    ) throws -> Checkpoint {
        let golden = try Golden(name).checkpoint
        func bytes(_ name: String) throws -> [UInt8] { try golden.withBytes(name) { Array($0) } }
        let head = try body(bytes("model.embed_tokens.weight"), bytes("lm_head.weight"))
        let sources = try golden.tensorNames.compactMap { name -> SafetensorsWriter.Source? in
            let entry = try #require(golden.entry(name))
            let contents = name == "lm_head.weight" ? head : try bytes(name)
            return contents.map { .init(name: name, elementType: entry.elementType, shape: entry.shape, bytes: $0) }
        }
        var fields = golden.configuration.members
        for (key, value) in config { fields[key: key] = value }
        try CheckpointWriter().write(sources, configuration: fields, to: directory)
        return try Checkpoint(directory: directory)
    }

    @Test(arguments: names)
    func itIsSaidAndCounted(_ name: String) async throws {
        try await onThread {
            let golden = try Golden(name)
            let model = try Self.load(golden.checkpoint)
            for description in [model.frozen.description, model.trainable.description] {
                #expect(!description.isHeadTied)
                #expect(description.remarks.count == 1)
                #expect(description.remarks.first?.hasPrefix("lm_head.weight is not the embedding") == true)
            }
            #expect(model.trainable.parameters.contains { $0.name == "lm_head.weight" && $0.decays })
            let footprint = try ModelFootprint(
                checkpoint: golden.checkpoint, precision: .f32, workers: WorkerPool(threads: 1), maxBatchTokens: 64,
                maxSegmentTokens: 64)
            #expect(footprint.parameterBytes == model.frozen.parameterByteCount)
        }
    }

    /// Scores that were kept when the embedding stood for the head were other numbers.
    @Test(arguments: names)
    func exactlyTheseGetAnotherFingerprint(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        try await onThread {
            let own = try Golden(name).checkpoint
            let (equal, untied, without) = (
                try Self.copy(name, to: directory.path + "/equal") { embedding, _ in embedding },
                try Self.copy(name, to: directory.path + "/untied", config: ["tie_word_embeddings": .bool(false)]) {
                    $1
                },
                try Self.copy(name, to: directory.path + "/without") { _, _ in nil }
            )
            func before(_ checkpoint: Checkpoint) throws -> String {
                try checkpoint.modelFingerprint(
                    numericFields: try ModelFamilies.numericFields(checkpoint.configuration)
                ).hex
            }
            func now(_ checkpoint: Checkpoint) throws -> String {
                let model = try Self.load(checkpoint).frozen
                #expect(try checkpoint.modelFingerprint() == model.modelFingerprint)
                return model.modelFingerprint.hex
            }
            #expect(try now(own) != before(own))
            #expect(try now(own) == now(untied))
            for same in [equal, without, untied] { #expect(try now(same) == before(same)) }
            let tied = try Self.load(equal)
            #expect(tied.frozen.description.isHeadTied && tied.frozen.description.remarks.isEmpty)
        }
    }

    /// A step moves head and embedding apart; what is written says that they are two, whoever reads it.
    @Test(arguments: names)
    func aStepMovesItAndTheCheckpointHoldsIt(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        try await onThread {
            let golden = try Golden(name)
            let model = try Self.load(golden.checkpoint).trainable
            _ = try model.forward(golden.batch)
            try model.backward(logProbGradients: golden.weights.map { -$0 })
            model.withValues { values in
                model.withGradients { gradients in
                    for index in values.indices { values[index] -= 0.01 * gradients[index] }
                }
            }
            model.parametersDidChange()
            try model.save(to: directory.path, elementType: .f32)
            let saved = try Checkpoint(directory: directory.path)
            #expect(try saved.configuration.bool("tie_word_embeddings") == false)
            let again = try Self.load(saved)
            #expect(again.frozen.description.remarks.isEmpty)
            #expect(bits(try again.frozen.logProbs(golden.batch)) == bits(try model.logProbs(golden.batch)))
            for tensor in ["lm_head.weight", "model.embed_tokens.weight"] {
                let parameter = try #require(again.trainable.parameters.first { $0.name == tensor })
                var start = [Float](repeating: 0, count: parameter.range.count)
                try start.withUnsafeMutableBufferPointer {
                    try golden.checkpoint.read(tensor, shape: parameter.shape, into: $0)
                }
                let moved = again.trainable.withValues { zip($0[parameter.range], start).contains { $0 != $1 } }
                #expect(moved, "\(tensor)")
            }
        }
    }

    @Test func valuesDecide() async throws {
        let directory = try TemporaryDirectory()
        try await onThread {
            var count = 0
            func isTied(_ head: @escaping ([UInt8]) -> [UInt8]) throws -> Bool {
                count += 1
                let checkpoint = try Self.copy("qwen2-own-head", to: "\(directory.path)/\(count)") { embedding, _ in
                    head(embedding)
                }
                return try ModelFamilies.architecture(of: checkpoint).isHeadTied
            }
            func first(_ bits: UInt32) -> ([UInt8]) -> [UInt8] {
                { embedding in withUnsafeBytes(of: bits.littleEndian) { Array($0) } + embedding.dropFirst(4) }
            }
            let same = try isTied { $0 }
            let lastBit = try isTied { $0.dropLast(4) + [$0[$0.count - 4] ^ 1] + $0.suffix(3) }
            let notANumber = try isTied(first(Float.nan.bitPattern))
            #expect(same && !lastBit && !notANumber)
        }
    }

    @Test func aHeadOfAnotherShapeIsRefusedByName() async throws {
        let directory = try TemporaryDirectory()
        try await onThread {
            let golden = try Golden("qwen2-own-head").checkpoint
            let sources = try golden.tensorNames.map { name in
                let entry = try #require(golden.entry(name))
                let bytes = try golden.withBytes(name) { Array($0) }
                return name == "lm_head.weight"
                    ? SafetensorsWriter.Source(
                        name: name, elementType: .f32, shape: [2, 24], bytes: Array(bytes.prefix(192)))
                    : .init(name: name, elementType: entry.elementType, shape: entry.shape, bytes: bytes)
            }
            try CheckpointWriter().write(sources, configuration: golden.configuration.members, to: directory.path)
            let error = #expect(throws: CheckpointError.self) {
                try Self.load(Checkpoint(directory: directory.path))
            }
            #expect(error?.description.contains("lm_head.weight: expected shape [103, 24], got [2, 24]") == true)
        }
    }
}
