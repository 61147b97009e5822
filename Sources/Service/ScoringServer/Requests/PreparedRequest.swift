import Digests
import HTTPSockets
import Scoring
import ScoringAPI
import Sequences
import Tokenizers

/// One input after every check: ids within the vocabulary, documents within the limit, posted student log-probs finite and at most 0.
struct PreparedInput {
    let id: String?
    let sequence: TokenSequence
    /// As posted; nil where the base must make them, or where nobody needs them.
    let student: [Float]?
    /// True where the base's log-probs are needed for the weights.
    let needsBase: Bool
    let tokens: [String]?
    let offsets: [Range<Int>]?
}

/// A request to score, decoded from either form, tokenized and checked: from here on its types prove that it can be scored.
struct PreparedRequest {
    let request: ScoreRequest
    let models: LoadedModels
    let inputs: [PreparedInput]
    /// Of all inputs.
    let tokenCount: Int
    /// Nil where no input was a text.
    let tokenizationTime: Duration?

    /// - Parameter needsStudent: whether the weighting asked for sets the teacher against a student.
    init(
        _ request: ScoreRequest, models: LoadedModels, limits: ServiceLimits, needsStudent: Bool = false
    ) throws {
        guard request.inputs.count <= limits.maxInputs else {
            throw ServiceError.tooManyInputs(limit: limits.maxInputs, actual: request.inputs.count)
        }
        var tokens = 0
        var time = Duration.zero
        var inputs: [PreparedInput] = []
        for (item, input) in request.inputs.enumerated() {
            let prepared = try Self.prepare(
                input, item: item, of: request, models, limits, needsStudent: needsStudent, &time)
            inputs.append(prepared)
            tokens += prepared.sequence.tokenIDs.count
            guard tokens <= limits.maxRequestTokens else {
                throw ServiceError.requestTooLarge(
                    limit: limits.maxRequestTokens, actual: Self.atLeast(request, tokens))
            }
        }
        self.request = request
        self.models = models
        self.inputs = inputs
        tokenCount = tokens
        tokenizationTime = request.hasTexts ? time : nil
    }

    private static func prepare(
        _ input: ScoreInput, item: Int, of request: ScoreRequest, _ models: LoadedModels, _ limits: ServiceLimits,
        needsStudent: Bool, _ tokenizationTime: inout Duration
    ) throws -> PreparedInput {
        let needsBase = needsStudent && input.studentLogProbs == nil
        var tokenIDs: [Int32]
        var offsets: [Range<Int>]?
        switch input.content {
        case .tokenIDs(let ids): tokenIDs = ids
        case .text(let text):
            let start = ContinuousClock.now
            let encoding = try models.tokenizer.encode(text, addSpecialTokens: request.addSpecialTokens)
            tokenizationTime += ContinuousClock.now - start
            tokenIDs = encoding.ids
            offsets = encoding.offsets
        }
        do {
            let sequence = try TokenSequence(
                tokenIDs: tokenIDs, documentStarts: input.documentStarts, lossMask: input.lossMask,
                rules: models.rules(withBase: needsBase, limits: limits))
            let returnsTokens = request.returnTokens ?? (offsets != nil)
            return PreparedInput(
                id: input.id, sequence: sequence, student: try input.studentLogProbs.map(sequence.student),
                needsBase: needsBase,
                tokens: returnsTokens ? models.surfaces(of: tokenIDs) : nil,
                offsets: returnsTokens ? offsets : nil)
        } catch {
            throw ServiceError.input(item: item, error)
        }
    }

    /// The size of the whole request where all of it is ids, else of what was tokenized so far.
    private static func atLeast(_ request: ScoreRequest, _ tokens: Int) -> Int {
        let ids = request.inputs.reduce(0) { sum, input in
            if case .tokenIDs(let ids) = input.content { sum + ids.count } else { sum }
        }
        return max(ids, tokens)
    }
}

extension LoadedModels {
    /// Throws where a fingerprint differs.
    func check(_ pins: ModelPins) throws(ServiceError) {
        for (field, pinned, actual) in [
            ("model_fingerprint", pins.modelFingerprint, teacher.modelFingerprint.hex),
            ("tokenizer_fingerprint", pins.tokenizerFingerprint, tokenizer.fingerprint.hex),
            ("scores_fingerprint", pins.scoresFingerprint, teacher.scoresFingerprint.hex),
        ] {
            guard let pinned, pinned != actual else { continue }
            throw .fingerprintMismatch(field: field, expected: pinned, actual: actual)
        }
    }

    /// What each id reads as; U+FFFD for one that only pads the model's vocabulary.
    func surfaces(of tokenIDs: [Int32]) -> [String] {
        tokenIDs.map { (try? tokenizer.tokenText($0)) ?? "\u{FFFD}" }
    }

    func identity(of model: LoadedModel) -> ModelIdentity {
        ModelIdentity(
            model: model.name, modelFingerprint: model.modelFingerprint.hex,
            tokenizerFingerprint: tokenizer.fingerprint.hex, scoresFingerprint: model.scoresFingerprint.hex)
    }
}
