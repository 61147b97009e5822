import Scoring
import ScoringAPI

/// POST /v1/logprobs: the teacher's log-probs of every realized token.
struct LogProbsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest) throws -> ServiceAnswer {
        let prepared = try service.permits.run { try prepare(request) }
        return try ScoringExchange(service: service, request: request, prepared: prepared, choice: nil) {
            input, teacher, _ in
            ScoreResult(
                id: input.id, tokenIDs: input.sequence.tokenIDs, tokens: input.tokens, offsets: input.offsets,
                teacherLogProbs: teacher)
        }.answer()
    }

    private func prepare(_ request: ServiceRequest) throws -> PreparedRequest {
        let decoded = try PreparedRequest.decode(request, for: .logProbs)
        return try PreparedRequest(
            decoded, answerType: request.answerType, models: service.models(for: decoded.pins), limits: service.limits)
    }
}
