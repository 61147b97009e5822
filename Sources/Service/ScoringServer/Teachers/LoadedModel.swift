import Digests
import Scoring
import ScoringAPI
import Sequences
import Tokenizers

/// A frozen model that is ready to score, with what a client may want to know of it.
package struct LoadedModel: Sendable {
    package var name: String
    package var engine: any TeacherEngine
    package var family: String
    package var parameterCount: Int
    package var vocabularySize: Int
    package var contextLength: Int
    package var modelFingerprint: SHA256Digest
    package var precision: String
    /// Bytes of its weights, and of the working memory of the largest batch.
    package var weightBytes: Int
    package var scratchBytes: Int
    /// Bytes that loading it took beside its weights: the largest tensor on its way.
    package var loadingBytes: Int
    /// What the engine proved of its kernels; nil for one that has none of its own.
    package var selfCheck: SelfCheckInfo?

    package init(
        name: String, engine: any TeacherEngine, family: String, parameterCount: Int, vocabularySize: Int,
        contextLength: Int, modelFingerprint: SHA256Digest, precision: String, weightBytes: Int, scratchBytes: Int,
        loadingBytes: Int = 0, selfCheck: SelfCheckInfo? = nil
    ) {
        self.name = name
        self.engine = engine
        self.family = family
        self.parameterCount = parameterCount
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.modelFingerprint = modelFingerprint
        self.precision = precision
        self.weightBytes = weightBytes
        self.scratchBytes = scratchBytes
        self.loadingBytes = loadingBytes
        self.selfCheck = selfCheck
    }

    package var scoresFingerprint: SHA256Digest { engine.scoresFingerprint }
}

/// What a request is answered from: one teacher, perhaps the base, and the tokenizer they share.
package struct LoadedModels: Sendable {
    package let teacher: LoadedModel
    package let base: LoadedModel?
    package let tokenizer: Tokenizer
    /// Ids that are added tokens in one of the two and something else, or nothing, in the other.
    package let unsharedTokenIDs: Set<Int32>
    /// Instruction set and BLAS core in use.
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

    /// What inputs must satisfy, with the base taking part or not.
    package func rules(withBase: Bool, limits: ServiceLimits) -> SequenceRules {
        let models = [teacher] + (withBase ? [base].compactMap(\.self) : [])
        return SequenceRules(
            vocabularySize: models.map(\.vocabularySize).min() ?? 0,
            maxSequenceTokens: maxSequenceTokens(limits),
            unsharedTokenIDs: withBase ? unsharedTokenIDs : [])
    }

    /// No more of the likeliest tokens than the teacher has tokens.
    package func maxTopK(_ limits: ServiceLimits) -> Int { min(limits.maxTopK, teacher.vocabularySize) }

    /// One number for every request: the longest document that every model loaded can take.
    package func maxSequenceTokens(_ limits: ServiceLimits) -> Int {
        ([teacher, base].compactMap { $0?.contextLength } + [limits.maxSequenceTokens]).min() ?? 0
    }
}
