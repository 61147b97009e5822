import Digests
import Foundation
import Scoring
import ScoringAPI
import Sequences
import Tokenizers

/// A frozen model that is ready to score, with what a client may want to know of it.
package struct LoadedModel: Sendable {
    /// The name that answers, /info and a request's `model` use.
    package var name: String
    /// The engine that makes the model's log-probs and holds its parameters.
    package var engine: any TeacherEngine
    /// The `model_type` of its configuration.
    package var family: String
    /// Parameters of the checkpoint.
    package var parameterCount: Int
    /// V, as the configuration has it: ids from 0 below it may be scored.
    package var vocabularySize: Int
    /// Most positions that the model was made for; a longer document is refused, never truncated.
    package var contextLength: Int
    /// SHA-256 over tensors and configuration: which model it is, however it computes.
    package var modelFingerprint: SHA256Digest
    /// The number format that the model computes in: `f32` or `bf16`.
    package var precision: String
    /// Bytes of its parameters in memory.
    package var parameterBytes: Int
    /// Bytes of working memory of the largest batch.
    package var scratchBytes: Int
    /// Bytes that loading the model took beside its parameters: the largest tensor on its way.
    package var loadingBytes: Int
    /// What the engine proved of its kernels; nil for an engine that has none of its own.
    package var selfCheck: SelfCheckInfo?
    /// What computes the model, as it is now; nil where nobody says.
    package var engineInfo: (@Sendable () -> EngineInfo)?
    /// When it was loaded, in seconds since 1970.
    package let created = Int(Date().timeIntervalSince1970)

    package init(
        name: String, engine: any TeacherEngine, family: String, parameterCount: Int, vocabularySize: Int,
        contextLength: Int, modelFingerprint: SHA256Digest, precision: String, parameterBytes: Int, scratchBytes: Int,
        loadingBytes: Int = 0, selfCheck: SelfCheckInfo? = nil, engineInfo: (@Sendable () -> EngineInfo)? = nil
    ) {
        self.name = name
        self.engine = engine
        self.family = family
        self.parameterCount = parameterCount
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.modelFingerprint = modelFingerprint
        self.precision = precision
        self.parameterBytes = parameterBytes
        self.scratchBytes = scratchBytes
        self.loadingBytes = loadingBytes
        self.selfCheck = selfCheck
        self.engineInfo = engineInfo
    }

    /// The fingerprint of the numbers that the model gives: of parameters, precision, numerics version and kernel path. Cache and store
    /// go by it.
    package var scoresFingerprint: SHA256Digest { engine.scoresFingerprint }
}

/// What a request is answered from: one teacher, perhaps the base, and the tokenizer they share.
package struct LoadedModels: Sendable {
    /// The model whose log-probs are served.
    package let teacher: LoadedModel
    /// The frozen model that stands for the student where a request posts no log-probs of it; nil where the server has none that
    /// shares the teacher's tokenizer.
    package let base: LoadedModel?
    /// The teacher's tokenizer; the base's has the same fingerprint.
    package let tokenizer: Tokenizer
    /// Ids that are added tokens in teacher or base and something else, or nothing, in the other. Refused where the base takes part.
    package let unsharedTokenIDs: Set<Int32>
    /// The instruction set and BLAS core in use.
    package let kernelPath: String

    package init(
        teacher: LoadedModel, base: LoadedModel?, tokenizer: Tokenizer, unsharedTokenIDs: Set<Int32>, kernelPath: String
    ) {
        self.teacher = teacher
        self.base = base
        self.tokenizer = tokenizer
        self.unsharedTokenIDs = unsharedTokenIDs
        self.kernelPath = kernelPath
    }

    /// What the inputs of a request must satisfy: ids within the smaller vocabulary, documents within the limit; with the base taking
    /// part, no id that the two models read differently.
    package func rules(withBase: Bool, limits: ServiceLimits) -> SequenceRules {
        let models = [teacher] + (withBase ? [base].compactMap(\.self) : [])
        return SequenceRules(
            vocabularySize: models.map(\.vocabularySize).min() ?? 0,
            maxSequenceTokens: maxSequenceTokens(limits),
            unsharedTokenIDs: withBase ? unsharedTokenIDs : [])
    }

    /// Most of the likeliest tokens at each position that a request may ask for: the configured limit, or the teacher's whole
    /// vocabulary where that is less.
    package func maxTopK(_ limits: ServiceLimits) -> Int { min(limits.maxTopK, teacher.vocabularySize) }

    /// Most tokens of a document in any request: what every model loaded and the configured limit allow.
    package func maxSequenceTokens(_ limits: ServiceLimits) -> Int {
        ([teacher, base].compactMap { $0?.contextLength } + [limits.maxSequenceTokens]).min() ?? 0
    }
}
