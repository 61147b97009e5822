import Digests
import HTTPSockets
import Scoring
import ScoringAPI
import Tokenizers

/// POST /v1/tokenize and /v1/detokenize: a text's ids with their spans, and back. They cost no forward pass, and are held to the same
/// limits as what does: tokens of a request, rate of a key, time, memory.
struct TokensController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func tokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try service.checkRate(request.key)
        return try service.working(until: request.deadline, for: request.http.connection) {
            let asked = try TokenizeRequest(json: request.json())
            let models = try service.models(for: asked.pins)
            let start = ContinuousClock.now
            let encoding = try TextEncoding(
                tokenizer: models.tokenizer, lease: request.http.lease, addSpecialTokens: asked.addSpecialTokens
            ).encode(asked.text, limit: service.limits.maxRequestTokens)
            service.metrics.countTokenization(ContinuousClock.now - start)
            return try answer(request, tokens: encoding.ids.count) {
                TokenizeResponse(
                    tokenizerFingerprint: models.tokenizer.fingerprint.hex, tokenIDs: encoding.ids,
                    tokens: models.surfaces(of: encoding.ids), offsets: encoding.offsets
                ).json()
            }
        }
    }

    func detokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try service.checkRate(request.key)
        return try service.working(until: request.deadline, for: request.http.connection) {
            let asked = try DetokenizeRequest(json: request.json())
            let models = try service.models(for: asked.pins)
            let (count, limit) = (asked.tokenIDs.count, service.limits.maxRequestTokens)
            guard count <= limit else { throw ServiceError.requestTooLarge(limit: limit, actual: count) }
            return try answer(request, tokens: count) {
                DetokenizeResponse(
                    tokenizerFingerprint: models.tokenizer.fingerprint.hex,
                    text: try models.tokenizer.decode(asked.tokenIDs, skipSpecialTokens: asked.skipSpecialTokens)
                ).json()
            }
        }
    }

    private func answer(
        _ request: ServiceRequest, tokens: Int, _ body: () throws -> [UInt8]
    ) throws -> ServiceAnswer {
        guard ContinuousClock.now < request.deadline else {
            throw ServiceError.noPermit(retryAfter: service.queue.backlog)
        }
        return try service.charging(request.key, tokens: tokens) {
            try request.http.lease.claim(AnswerMemory.bytes(tokens: tokens))
            return .json(try body())
        }
    }
}
