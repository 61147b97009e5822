import Digests
import HTTPSockets
import ScoringAPI
import Tokenizers

/// POST /v1/tokenize and /v1/detokenize: a text's ids with their spans, and back.
struct TokensController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func tokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try service.permits.run {
            let asked = try TokenizeRequest(json: request.http.body)
            let models = try service.models(for: asked.pins)
            let start = ContinuousClock.now
            let encoding = try models.tokenizer.encode(asked.text, addSpecialTokens: asked.addSpecialTokens)
            service.metrics.countTokenization(ContinuousClock.now - start)
            let response = TokenizeResponse(
                tokenizerFingerprint: models.tokenizer.fingerprint.hex, tokenIDs: encoding.ids,
                tokens: models.surfaces(of: encoding.ids), offsets: encoding.offsets)
            return ServiceAnswer(contentType: MediaType.json.rawValue, body: response.json())
        }
    }

    func detokenize(_ request: ServiceRequest) throws -> ServiceAnswer {
        try service.permits.run {
            let asked = try DetokenizeRequest(json: request.http.body)
            let models = try service.models(for: asked.pins)
            let response = DetokenizeResponse(
                tokenizerFingerprint: models.tokenizer.fingerprint.hex,
                text: try models.tokenizer.decode(asked.tokenIDs, skipSpecialTokens: asked.skipSpecialTokens))
            return ServiceAnswer(contentType: MediaType.json.rawValue, body: response.json())
        }
    }
}
