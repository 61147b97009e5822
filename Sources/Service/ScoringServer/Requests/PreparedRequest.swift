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
        _ request: ScoreRequest, models: LoadedModels, limits: ServiceLimits, lease: BodyLease,
        needsStudent: Bool = false
    ) throws {
        guard request.inputs.count <= limits.maxInputs else {
            throw ServiceError.tooManyInputs(limit: limits.maxInputs, actual: request.inputs.count)
        }
        var tokens = 0
        var time = Duration.zero
        var inputs: [PreparedInput] = []
        let encoder = TextEncoding(
            tokenizer: models.tokenizer, lease: lease, addSpecialTokens: request.addSpecialTokens,
            trimsOffsets: request.trimsOffsets)
        for (item, input) in request.inputs.enumerated() {
            let rules = models.rules(withBase: needsStudent && input.studentLogProbs == nil, limits: limits)
            var encoding: Tokenizer.Encoding?
            if case .text(let text) = input.content {
                let start = ContinuousClock.now
                encoding = try encoder.encode(text, limit: limits.maxRequestTokens - tokens, before: tokens)
                time += ContinuousClock.now - start
            }
            let returnsTokens = request.returnTokens ?? (encoding != nil)
            let prepared = try Self.prepare(
                input, encoding, item: item, surfaces: returnsTokens ? { models.surfaces(of: $0) } : nil, rules: rules,
                needsBase: needsStudent && input.studentLogProbs == nil, predictsNext: request.predictsNext)
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

    /// What follows an input is the row of likeliest tokens at the place behind its last. A row is made of the tokens before it alone,
    /// to the bit, by any engine: so one token more is scored, and whichever it is, its row is that. The input's own last is taken,
    /// which the vocabulary surely has.
    ///
    /// - Parameters:
    ///   - surfaces: what each id reads as; nil where the answer does not show it.
    ///   - predictsNext: whether what follows the input is wanted.
    private static func prepare(
        _ input: ScoreInput, _ encoding: Tokenizer.Encoding?, item: Int, surfaces: (([Int32]) -> [String])?,
        rules: SequenceRules, needsBase: Bool, predictsNext: Bool
    ) throws(ServiceError) -> PreparedInput {
        var tokenIDs = encoding?.ids ?? []
        if case .tokenIDs(let ids) = input.content { tokenIDs = ids }
        if predictsNext, let last = tokenIDs.last, tokenIDs.count <= rules.maxSequenceTokens {
            guard tokenIDs.count < rules.maxSequenceTokens else {
                throw .noRoomForNext(item: item, tokens: tokenIDs.count, limit: rules.maxSequenceTokens)
            }
            tokenIDs.append(last)
        }
        do {
            let sequence = try TokenSequence(
                tokenIDs: tokenIDs, documentStarts: input.documentStarts, lossMask: input.lossMask, rules: rules)
            return PreparedInput(
                id: input.id, sequence: sequence, student: try input.studentLogProbs.map(sequence.student),
                needsBase: needsBase, tokens: surfaces?(tokenIDs), offsets: surfaces == nil ? nil : encoding?.offsets)
        } catch {
            throw .input(item: item, error)
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
