import Checkpoints
import Reinforcement
import Tasks
import Tensors
import Testing
import TestSupport
import Transformers

/// Where memory is small fewer completions are drawn at a time, and they are the same.
@Suite struct DecodingMemoryTests {
    /// Of a sequence of up to 64 tokens: 2 layers of 2 heads, keys 12 wide and values 16 with what rounds them up.
    private static let blockBytes = 64 * 2 * 2 * (12 + 16) * 4

    private static func model(_ tiny: TinyTasks) throws -> FrozenTransformer {
        try FrozenTransformer(checkpoint: Checkpoint(directory: tiny.tuned), workers: WorkerPool(threads: 1))
    }

    @Test func keysAndValuesStayWithinHalfOfTheMemory() async throws {
        try await onThread {
            let model = try Self.model(ReinforcementTests.tiny.get())
            for (tokens, blocks) in [(1, 1), (64, 1), (65, 2), (4096, 2)] {  // the context has 96
                let limits = DecoderLimits(sequences: 3, maxTokens: tokens)
                #expect(model.cacheBytes(limits) == 3 * blocks * Self.blockBytes)
            }
            for sequences in [2, 4, 100] {
                let available = (2 * sequences + 1) * Self.blockBytes
                let limits = try DecodingMemory(availableBytes: available).limits(
                    sequences: 256, maxTokens: 64, cacheBytes: model.cacheBytes)
                #expect(limits.sequences == sequences && limits.maxTokens == 64)
                #expect(model.cacheBytes(limits) <= available / 2)
            }
            let few = try DecodingMemory.unlimited.limits(
                sequences: 7, maxTokens: 64, cacheBytes: model.cacheBytes)
            #expect(few.sequences == 7)
        }
    }

    /// One sequence may have all of the memory; more than that there is not.
    @Test func oneSequenceThatDoesNotFitIsAnError() async throws {
        try await onThread {
            let model = try Self.model(ReinforcementTests.tiny.get())
            let one = try DecodingMemory(availableBytes: Self.blockBytes).limits(
                sequences: 256, maxTokens: 64, cacheBytes: model.cacheBytes)
            #expect(one.sequences == 1)
            let error = ReinforcementError.noRoom(
                tokens: 64, bytes: Self.blockBytes, available: Self.blockBytes - 1)
            #expect(throws: error) {
                try DecodingMemory(availableBytes: Self.blockBytes - 1).limits(
                    sequences: 256, maxTokens: 64, cacheBytes: model.cacheBytes)
            }
            #expect(error.description.contains("take \(Self.blockBytes) bytes"))
            #expect(error.description.contains("--max-new-tokens"))
        }
    }

    /// 256 completions at a time, and 4.
    @Test func completionsHaveTheSameBitsInLittleMemory() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            var options = tiny.options
            options.totalSteps = 2
            let little = DecodingMemory(availableBytes: 2 * 4 * Self.blockBytes)
            #expect(try tiny.draws(options, memory: little) == tiny.draws(options))
            let same = try tiny.run("little", options, memory: little) == tiny.run("plenty", options)
            #expect(same)
            #expect(throws: ReinforcementError.self) {
                try tiny.draws(options, memory: DecodingMemory(availableBytes: 1000))
            }
        }
    }

    @Test func scoresAndTracesAreTheSameInLittleMemory() async throws {
        try await onThread {
            let tiny = try ReinforcementTests.tiny.get()
            let model = try Self.model(tiny)
            var options = TaskEvaluationOptions()
            options.families = [TinyTasks.family]
            options.problems = 20
            options.samples = 3
            options.maxNewTokens = 32
            let little = DecodingMemory(availableBytes: 2 * 4 * Self.blockBytes)
            let scores = try [little, .unlimited].map {
                try TaskEvaluation(options, text: tiny.text, memory: $0).run(model)
            }
            #expect(scores[0] == scores[1])
            let stream = TaskStream(try TaskMix(reasoningShare: 1, families: [TinyTasks.family]), seed: 5)
            let documents = try [little, .unlimited].map { memory in
                var traces = try VerifiedTraces(
                    stream, of: model, text: tiny.text, maxNewTokens: 32, temperature: 1, memory: memory)
                return try (0..<5).map { _ in try traces.document() }
            }
            #expect(documents[0] == documents[1])
            let none = DecodingMemory(availableBytes: 1000)
            #expect(throws: ReinforcementError.self) {
                try TaskEvaluation(options, text: tiny.text, memory: none).run(model)
            }
        }
    }
}
