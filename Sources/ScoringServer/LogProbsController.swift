import Scoring
import ScoringAPI

/// POST /v1/logprobs: the teacher's log-probs of every realized token.
struct LogProbsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest) throws -> ServiceAnswer {
        let prepared = try service.permits.run { try prepare(request) }
        let outcome = try service.queue.scores(
            [
                ScoringJob(
                    engine: prepared.models.teacher.engine, segments: prepared.inputs.flatMap(\.sequence.segments))
            ],
            deadline: try request.deadline(limit: service.limits.requestTimeout), caller: request.caller)
        service.metrics.count(outcome)
        return service.permits.run { answer(prepared, outcome) }
    }

    private func prepare(_ request: ServiceRequest) throws -> PreparedRequest {
        try PreparedRequest(
            PreparedRequest.decode(request, for: .logProbs), answerType: request.answerType, models: service.models(),
            limits: service.limits)
    }

    private func answer(_ prepared: PreparedRequest, _ outcome: ScoringOutcome) -> ServiceAnswer {
        var segments = outcome.logProbs[0][...]
        let results = prepared.inputs.map { input in
            ScoreResult(
                id: input.id, tokenIDs: input.sequence.tokenIDs, tokens: input.tokens, offsets: input.offsets,
                teacherLogProbs: segments.takeSequence(input.sequence))
        }
        return ServiceAnswer(
            ScoreResponse(identity: prepared.models.identity(of: prepared.models.teacher), results: results), prepared,
            outcome)
    }
}

extension ArraySlice<[Float]> {
    /// Joins the log-probs of the next sequence's segments.
    mutating func takeSequence(_ sequence: TokenSequence) -> [Float] {
        let count = sequence.documentStarts.count
        defer { self = dropFirst(count) }
        return prefix(count).flatMap(\.self)
    }
}

extension ServiceAnswer {
    init(_ response: ScoreResponse, _ prepared: PreparedRequest, _ outcome: ScoringOutcome) {
        let isBinary = prepared.answerType == .safetensors
        self.init(
            contentType: prepared.answerType.rawValue,
            body: isBinary
                ? BinaryScoreResponse(response, includesTokenIDs: prepared.hasTexts).safetensors() : response.json(),
            outcome: outcome)
    }
}
