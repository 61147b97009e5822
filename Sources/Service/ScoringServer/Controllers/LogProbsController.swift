import HTTPSockets
import Scoring
import ScoringAPI
import Sequences

/// POST /v1/logprobs: the teacher's log-probs of every realized token, and the likeliest tokens in its place.
struct LogProbsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest, in forms: ScoreForms) throws -> ServiceAnswer {
        let prepared = try service.working(until: request.deadline, for: request.http.connection) {
            try prepare(forms.decode(request, for: .logProbs), request.http.lease)
        }
        return try ScoringExchange(
            service: service, request: request, forms: forms, prepared: prepared, choice: nil, result: Self.result
        ).answer()
    }

    /// Makes of an input's scores what is answered to it.
    @Sendable static func result(_ input: PreparedInput, teacher: TokenScores, base: TokenScores?) -> ScoreResult {
        ScoreResult(
            id: input.id, tokenIDs: input.sequence.tokenIDs, tokens: input.tokens, offsets: input.offsets,
            teacherLogProbs: teacher.logProbs, top: teacher.top.map(TopTokens.init))
    }

    /// Checks what was decoded against models and limits.
    ///
    /// - Parameter topKField: what the body calls the number of likeliest tokens.
    func prepare(
        _ decoded: ScoreRequest, _ lease: BodyLease, topKField: String = "top_k"
    ) throws -> PreparedRequest {
        let models = try service.models(for: decoded.pins)
        guard decoded.topK <= models.maxTopK(service.limits) else {
            throw ServiceError.topKOutOfRange(
                field: topKField, limit: models.maxTopK(service.limits), actual: decoded.topK)
        }
        let prepared = try PreparedRequest(
            decoded, models: models, limits: service.limits, lease: lease)
        // The answer is held whole: a larger one would not enter the queue in parts, as log-probs alone do.
        let limit = service.limits.maxQueuedTokens
        if decoded.topK > 0, SegmentKey.cost(tokens: prepared.tokenCount, topK: decoded.topK) > limit {
            throw ServiceError.topKTooLarge(
                field: topKField, tokens: prepared.tokenCount, topK: decoded.topK, limit: limit)
        }
        return prepared
    }
}

extension TopTokens {
    fileprivate init(_ top: TopLogProbs) {
        self.init(k: top.k, tokenIDs: top.tokenIDs, logProbs: top.logProbs)
    }
}
