import Checkpoints
import Examinations
import Tensors
import Testing
import Transformers

struct RunMemoryTests {
    private static let vocabulary = 4096
    private static let sequenceLength = 8
    private static let limit = 16

    /// - Parameter keptWindows: most windows whose logits are kept for the backward pass.
    private func memory(keptWindows: Int, besideBytes: Int = 0) throws -> RunMemory {
        let json = """
            {"model_type": "llama", "vocab_size": \(Self.vocabulary), "hidden_size": 16, "intermediate_size": 24,
             "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "rms_norm_eps": 1e-6,
             "max_position_embeddings": 64, "hidden_act": "silu", "rope_theta": 10000.0, "tie_word_embeddings": true}
            """
        let student = try TrainableTransformer(
            configuration: ConfigurationObject(parsing: Array(json.utf8), source: "tiny config.json"), seed: 1,
            workers: WorkerPool(threads: 1))
        student.maxKeptLogitBytes = 4 * Self.vocabulary * keptWindows * Self.sequenceLength
        return RunMemory(
            student, sequenceLength: Self.sequenceLength, hasHeldOut: true, keepsAverage: true, besideBytes: besideBytes
        )
    }

    @Test func theLargestMicroBatchIsThatOfALinearSearch() throws {
        let memory = try memory(keptWindows: Self.limit)
        let sizes = (1...Self.limit).map { memory.bytes(microBatch: $0) }
        for available in sizes.flatMap({ [$0 - 1, $0, $0 + 1] }) {
            let fitting = sizes.prefix { $0 <= available }.count
            let largest = memory.largestMicroBatch(within: available, limit: Self.limit)
            #expect(largest == (fitting == 0 ? nil : fitting))
        }
        #expect(memory.largestMicroBatch(within: .max, limit: Self.limit) == Self.limit)
    }

    /// Micro-batches of more windows keep no logits, which is less memory than that of the last ones that do; but windows are not always
    /// full, and those of one step may keep them.
    @Test func logitsThatAreKeptCountInLargerMicroBatchesToo() throws {
        let (some, all) = (try memory(keptWindows: 8), try memory(keptWindows: Self.limit))
        let sizes = (1...Self.limit).map { some.bytes(microBatch: $0) }
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 <= $1 }, "\(sizes)")
        #expect(sizes[7] == all.bytes(microBatch: 8))
        #expect(sizes[Self.limit - 1] < all.bytes(microBatch: Self.limit))
        #expect(some.largestMicroBatch(within: sizes[7] - 1, limit: Self.limit) == 7)
    }

    @Test func whatStandsBesideIsCounted() throws {
        let (alone, beside) = (try memory(keptWindows: 2), try memory(keptWindows: 2, besideBytes: 1000))
        #expect(beside.bytes(microBatch: 3) == alone.bytes(microBatch: 3) + 1000)
    }

    @Test func theReportSaysWhatFits() throws {
        let memory = try memory(keptWindows: Self.limit)
        func report(_ microBatch: Int, within available: Int) -> (fits: Bool, text: String) {
            var findings = Findings()
            let fits = memory.report(microBatch: microBatch, batch: 4, available: available, &findings)
            #expect(fits == findings.isHealthy)
            return (fits, findings.text)
        }
        let (three, all) = (memory.bytes(microBatch: 3), memory.bytes(microBatch: 4))
        #expect(report(9, within: all).text.contains("--micro-batch-sequences 4, "), "as many as a step has")
        #expect(report(2, within: all).text.contains("all 4 windows of a step fit"))
        #expect(report(2, within: three).text.contains("3 are the most that fit"))
        let tooMany = report(4, within: three)
        #expect(!tooMany.fits && tooMany.text.contains("give --micro-batch-sequences 3 or less"))
        let none = report(1, within: 1)
        #expect(!none.fits && none.text.contains("one window of 8 tokens is too many"))
    }
}
