import Checkpoints
import Coding
import Corpora
import Foundation
import System
import Transformers

/// A student written as a Hugging Face directory, with what it was trained from and on beside it.
package struct StudentExport: Sendable {
    /// Directory whose tokenizer, and what belongs to it, the result gets.
    package let textDirectory: String
    /// Element type of the parameters that are written.
    package let elementType: ElementType
    /// Size at which parameters are cut into files; nil: as `TrainableTransformer.save` has it.
    package let maxShardBytes: Int?

    package init(textDirectory: String, elementType: ElementType, maxShardBytes: Int? = nil) {
        self.textDirectory = textDirectory
        self.elementType = elementType
        self.maxShardBytes = maxShardBytes
    }

    /// Writes the student to a directory that is there. The lineage (`remit.json`) is written last: where it is, the model is whole.
    ///
    /// - Throws: what stops the writing, as a full disk.
    package func write(_ student: TrainableTransformer, lineage: some Encodable, to path: String) throws {
        let lineagePath = path + "/" + RunDirectory.lineageName
        try? FileManager.default.removeItem(atPath: lineagePath)
        try Directory.synchronize(path)
        try TextSide.copyFiles(from: textDirectory, to: path)
        if let maxShardBytes {
            try student.save(to: path, elementType: elementType, maxShardBytes: maxShardBytes)
        } else {
            try student.save(to: path, elementType: elementType)
        }
        try AtomicFile.write(lineagePath, contents: StateCoding.description.line(lineage))
    }
}
