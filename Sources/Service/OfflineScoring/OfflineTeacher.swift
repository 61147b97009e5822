import Digests
import ScoreFiles
import Sequences
import Tokenizers

/// A model that scores a corpus, with all that its side-car says of it.
package struct OfflineTeacher: Sendable {
    /// Its name in the manifest.
    package var name: String
    /// Makes the log-probs.
    package var engine: any TeacherEngine
    /// The model's own tokenizer.
    package var tokenizer: Tokenizer
    /// V: ids from 0 below it can be scored.
    package var vocabularySize: Int
    /// Most tokens of a segment.
    package var contextLength: Int
    /// SHA-256 over tensors and configuration.
    package var modelFingerprint: SHA256Digest
    /// The number format that it computes in: `f32` or `bf16`.
    package var precision: String
    /// The program and its kernels, for people.
    package var program: ScoringEngineName

    package init(
        name: String, engine: any TeacherEngine, tokenizer: Tokenizer, vocabularySize: Int, contextLength: Int,
        modelFingerprint: SHA256Digest, precision: String, program: ScoringEngineName
    ) {
        self.name = name
        self.engine = engine
        self.tokenizer = tokenizer
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.modelFingerprint = modelFingerprint
        self.precision = precision
        self.program = program
    }

    /// All that decides its numbers.
    package var identity: ScoresIdentity {
        ScoresIdentity(
            model: name, precision: precision, modelFingerprint: modelFingerprint.hex,
            tokenizerFingerprint: tokenizer.fingerprint.hex, scoresFingerprint: engine.scoresFingerprint.hex)
    }
}
