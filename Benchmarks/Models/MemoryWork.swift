import Checkpoints
import Sequences
import Tensors
import Transformers

/// The peak memory of a process that loads a model and scores batches of one long segment.
enum MemoryWork {
    static func run(directory: String, tokens: Int, batches: Int) throws -> Report {
        let model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: directory), workers: WorkerPool(threads: 2))
        let loaded = ProcessMemory.peakResidentBytes
        let vocabulary = model.description.vocabularySize
        for batch in 0..<batches {
            let ids = (0..<tokens).map { Int32(($0 + batch) * 7919 % vocabulary) }
            _ = try model.logProbs(PackedBatch(segments: [ids]))
        }
        var report = Report()
        report.set("peak_rss_after_loading", loaded)
        report.set("peak_rss", ProcessMemory.peakResidentBytes)
        report.set("weights", model.parameterByteCount)
        report.set("scratch_bound", model.scratchByteCount(maxBatchTokens: tokens, maxSegmentTokens: tokens))
        return report
    }
}
