import Checkpoints
import Foundation
import Sequences
import Tensors
import Transformers

/// Token ids of a batch, from a JSON list of lists.
func readBatch(_ path: String) throws -> PackedBatch {
    let segments = try JSONDecoder().decode([[Int32]].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    return PackedBatch(segments: segments)
}

/// Log-probs of one batch by a frozen model: what remit-server does with a full batch.
final class ScoringWork: Work {
    let description: String
    private(set) var logProbs: [Float] = []
    private let model: FrozenTransformer
    private var batch = PackedBatch(segments: [])

    init(directory: String, precision: String, threads: Int) throws {
        guard let precision = Precision(rawValue: precision) else { throw UsageError() }
        model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: directory), precision: precision, workers: WorkerPool(threads: threads))
        description = model.kernelPath
    }

    func take(batchFile: String) throws { batch = try readBatch(batchFile) }

    func round() throws -> Report {
        var report = Report()
        let watch = Stopwatch()
        logProbs = try model.logProbs(batch)
        watch.stop(into: &report)
        report.set("tokens", batch.tokenCount)
        return report
    }
}
