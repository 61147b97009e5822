import Checkpoints
import Corpora
import Digests
import Tokenizers
import Transformers

/// Teacher and base that cannot be used together.
package enum ModelPairError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Their tokenizers, by fingerprint.
    case tokenizersDiffer(teacher: String, base: String)

    package var description: String {
        switch self {
        case .tokenizersDiffer(let teacher, let base):
            "teacher and base have different tokenizers: tokenizer_fingerprint \(teacher) and \(base); "
                + "token weights compare the two token by token, so take a pair of one lineage"
        }
    }
}

/// A teacher and perhaps its base: models whose files are open, of known families, with tokenizers that agree. What can be refused
/// without reading the parameters is refused here.
package struct ModelPair: Sendable {
    /// The teacher's files.
    package let teacher: Checkpoint
    /// What turns text into the teacher's ids.
    package let text: TextSide
    /// The base's files; nil where there is none.
    package let base: Checkpoint?
    /// What turns text into the base's ids.
    package let baseText: TextSide?

    /// Opens the files.
    ///
    /// - Parameter ignored: fields of config.json that count as absent.
    /// - Throws: `ModelPairError`, and what is wrong with a directory, its configuration or its tokenizer.
    package init(teacher: String, base: String?, ignoring ignored: Set<String>) throws {
        self.teacher = try Checkpoint(model: teacher, ignoring: ignored)
        self.base = try base.map { try Checkpoint(model: $0, ignoring: ignored) }
        text = try self.teacher.textSide()
        baseText = try self.base.map { try $0.textSide() }
        try Self.check(text, baseText)
    }

    /// Throws where teacher and base cannot be compared token by token.
    ///
    /// - Throws: `ModelPairError.tokenizersDiffer`.
    package static func check(_ text: TextSide, _ baseText: TextSide?) throws(ModelPairError) {
        let fingerprint = text.tokenizer.fingerprint
        if let other = baseText?.tokenizer.fingerprint, other != fingerprint {
            throw .tokenizersDiffer(teacher: fingerprint.hex, base: other.hex)
        }
    }
}

extension Checkpoint {
    /// What turns text into the ids of this model: the tokenizer in its directory.
    ///
    /// - Throws: what is wrong with it.
    package func textSide() throws -> TextSide { try TextSide(directory: directory) }
}
