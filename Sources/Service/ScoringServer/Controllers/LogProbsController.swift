import HTTPSockets
import Scoring
import ScoringAPI
import Sequences

/// POST /v1/logprobs: the teacher's log-probs of every realized token, the likeliest tokens in its place, and entropy and normalizer of the
/// distribution that predicts it.
struct LogProbsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest, in forms: ScoreForms) throws -> ServiceAnswer {
        let prepared = try service.working(until: request.deadline, for: request.http.connection) {
            try prepare(forms.decode(request, for: .logProbs), request.http.lease)
        }
        return try ScoringExchange(
            service: service, request: request, forms: forms, prepared: prepared, choice: nil,
            result: Self.result(prepared.request.tempered)
        ).answer()
    }

    /// Makes of an input's scores what is answered to it.
    static func result(
        _ tempered: TemperedChoice
    ) -> @Sendable (PreparedInput, _ teacher: TokenScores, _ base: TokenScores?) -> ScoreResult {
        { input, teacher, _ in
            ScoreResult(
                id: input.id, tokenIDs: input.sequence.tokenIDs, tokens: input.tokens, offsets: input.offsets,
                teacherLogProbs: teacher.logProbs, top: teacher.top.map(TopTokens.init),
                tempered: TemperedTokens(teacher.tempered, tempered))
        }
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
        if !decoded.tempered.isEmpty, !models.teacher.engine.givesTemperedScores {
            throw ServiceError.noTemperedScores(
                model: models.teacher.name, engine: models.teacher.engineInfo?().kind ?? "its engine")
        }
        let prepared = try PreparedRequest(
            decoded, models: models, limits: service.limits, lease: lease)
        // The answer is held whole: a larger one would not enter the queue in parts, as log-probs alone do.
        let (limit, detail) = (service.limits.maxQueuedTokens, decoded.detail)
        if !detail.isPlain, prepared.tokenCount * detail.costPerToken > limit {
            let temperatures = detail.temperatures.count
            throw ServiceError.detailTooLarge(
                what: [
                    detail.topK > 0 ? "\(topKField) \(detail.topK)" : nil,
                    temperatures > 0 ? "\(temperatures) temperature\(temperatures == 1 ? "" : "s")" : nil,
                ].compactMap(\.self).joined(separator: " and "),
                tokens: prepared.tokenCount, costPerToken: detail.costPerToken, limit: limit)
        }
        return prepared
    }
}

extension TopTokens {
    fileprivate init(_ top: TopLogProbs) {
        self.init(k: top.k, tokenIDs: top.tokenIDs, logProbs: top.logProbs)
    }
}
