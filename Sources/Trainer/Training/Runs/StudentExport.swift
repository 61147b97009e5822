import Checkpoints
import Coding
import Corpora
import Foundation
import System
import Tensors
import Transformers

/// A student written as a Hugging Face directory, with what it was trained from and on beside it.
package struct StudentExport: Sendable {
    /// Tokenizer that the result gets, and what belongs to it.
    package let text: TextFiles
    /// Element type of the parameters that are written.
    package let elementType: ElementType
    /// Size at which parameters are cut into files.
    package let maxShardBytes: Int

    package init(
        text: TextFiles, elementType: ElementType, maxShardBytes: Int = CheckpointWriter.standardShardBytes
    ) {
        self.text = text
        self.elementType = elementType
        self.maxShardBytes = maxShardBytes
    }

    /// Writes the student to a directory that is there, and its moving average, where the optimizer keeps one, to `ema` in it. The lineage
    /// (`remit.json`) is written last: where it is, the models are whole.
    ///
    /// - Parameter lineage: of the student, or of the moving average.
    /// - Throws: what stops the writing, as a full disk.
    package func write(
        _ student: TrainableTransformer, _ optimizer: AdamW, to path: String,
        lineage: (_ isMovingAverage: Bool) throws -> some Encodable
    ) throws {
        try removeLineage(path)
        if let average = optimizer.movingAverage {
            let place = RunDirectory.movingAveragePath(path)
            try Directory.create(place)
            try write(lineage: lineage(true), to: place) {
                try student.save(
                    to: $0, elementType: elementType, maxShardBytes: maxShardBytes, values: average.values)
            }
        }
        try write(lineage: lineage(false), to: path) {
            try student.save(to: $0, elementType: elementType, maxShardBytes: maxShardBytes)
        }
    }

    /// Writes a model of which `save` writes tensors and config.json, into the directory that it is handed.
    ///
    /// - Throws: what `save` throws, and what stops the writing, as a full disk.
    func write(lineage: some Encodable, to path: String, save: (String) throws -> Void) throws {
        try removeLineage(path)
        try text.write(to: path)
        try save(path)
        try AtomicFile.write(lineagePath(path), contents: StateCoding.description.line(lineage))
    }

    private func removeLineage(_ path: String) throws {
        try? FileManager.default.removeItem(atPath: lineagePath(path))
        try Directory.synchronize(path)
    }

    private func lineagePath(_ path: String) -> String { path + "/" + RunDirectory.lineageName }
}
