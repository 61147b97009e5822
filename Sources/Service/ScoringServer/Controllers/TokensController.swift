import Digests
import HTTPSockets
import Scoring
import ScoringAPI
import Tokenizers

/// A text's ids with their spans, and back: POST /v1/tokenize and /v1/detokenize, and the same in vLLM's words. They cost no forward pass,
/// and are held to the same limits as what does: tokens of a request, rate of a key, time, memory.
struct TokensController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func tokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try tokenize(request, TokenizeRequest.init(json:)) { $1.json() }
    }

    func detokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try detokenize(request, DetokenizeRequest.init(json:)) { $0.json() }
    }

    // MARK: In vLLM's words

    func tokenizeAsVLLM(_ request: ServiceRequest) throws -> ServiceAnswer {
        try tokenize(request, TokenizeRequest.init(dialect:)) {
            $1.dialect(maxModelLength: $0.maxSequenceTokens(service.limits))
        }
    }

    func detokenizeAsVLLM(_ request: ServiceRequest) throws -> ServiceAnswer {
        try detokenize(request, DetokenizeRequest.init(dialect:)) { $0.dialect() }
    }

    /// Of the default teacher: the question has no place for a name.
    func tokenizerInfo(_ request: ServiceRequest) throws -> ServiceAnswer {
        let tokenizer = try service.teachers().standard.tokenizer
        return .json(TokenizerInfo(namedTokens: tokenizer.namedTokens, chatTemplate: tokenizer.chatTemplate).json())
    }

    // MARK: In any words

    private func tokenize(
        _ request: ServiceRequest, _ read: ([UInt8]) throws -> TokenizeRequest,
        _ write: (LoadedModels, TokenizeResponse) -> [UInt8]
    ) throws -> ServiceAnswer {
        try service.checkRate(request.key)
        return try service.working(until: request.deadline, for: request.http.connection) {
            let asked = try read(request.json())
            let models = try service.models(for: asked.pins)
            let start = ContinuousClock.now
            let encoding = try TextEncoding(
                tokenizer: models.tokenizer, lease: request.http.lease, addSpecialTokens: asked.addSpecialTokens
            ).encode(asked.text, limit: service.limits.maxRequestTokens)
            service.metrics.countTokenization(ContinuousClock.now - start)
            return try answer(request, tokens: encoding.ids.count) {
                write(
                    models,
                    TokenizeResponse(
                        tokenizerFingerprint: models.tokenizer.fingerprint.hex, tokenIDs: encoding.ids,
                        tokens: models.surfaces(of: encoding.ids), offsets: encoding.offsets))
            }
        }
    }

    private func detokenize(
        _ request: ServiceRequest, _ read: ([UInt8]) throws -> DetokenizeRequest,
        _ write: (DetokenizeResponse) -> [UInt8]
    ) throws -> ServiceAnswer {
        try service.checkRate(request.key)
        return try service.working(until: request.deadline, for: request.http.connection) {
            let asked = try read(request.json())
            let models = try service.models(for: asked.pins)
            let (count, limit) = (asked.tokenIDs.count, service.limits.maxRequestTokens)
            guard count <= limit else { throw ServiceError.requestTooLarge(limit: limit, actual: count) }
            return try answer(request, tokens: count) {
                write(
                    DetokenizeResponse(
                        tokenizerFingerprint: models.tokenizer.fingerprint.hex,
                        text: try models.tokenizer.decode(asked.tokenIDs, skipSpecialTokens: asked.skipSpecialTokens)))
            }
        }
    }

    private func answer(
        _ request: ServiceRequest, tokens: Int, _ body: () throws -> [UInt8]
    ) throws -> ServiceAnswer {
        let now = ContinuousClock.now
        guard now < request.deadline else {
            throw ServiceError.tooLate(limit: request.deadline - request.received, taken: now - request.received)
        }
        try request.claimAnswer(AnswerMemory.bytes(tokens: tokens))
        return try service.charging(request.key, tokens: tokens) {
            return .json(try body())
        }
    }
}
