import JSONValues
import HTTPSockets
import Scoring
import ScoringAPI
import Sequences
import TokenWeights

/// POST /v1/weights: text or ids to token weights. Decode and check; score by teacher and, where no student log-probs were
/// posted, by the base; weigh; encode.
struct WeightsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest, in forms: ScoreForms) throws -> ServiceAnswer {
        let (prepared, weighting) = try service.working(until: request.deadline, for: request.http.connection) {
            try prepare(forms.decode(request, for: .weights), request.http.lease)
        }
        return try ScoringExchange(
            service: service, request: request, forms: forms, prepared: prepared, choice: weighting.options
        ) { input, teacher, base in
            try result(input, weighting, teacher: teacher.logProbs, base: base?.logProbs)
        }.answer()
    }

    private func prepare(_ decoded: ScoreRequest, _ lease: BodyLease) throws -> (PreparedRequest, any TokenWeighting) {
        let weighting = try (decoded.choice ?? Weighting()).make()
        let models = try service.models(for: decoded.pins)
        let prepared = try PreparedRequest(
            decoded, models: models, limits: service.limits, lease: lease,
            needsStudent: weighting.needsStudent)
        if models.base == nil, let item = prepared.inputs.firstIndex(where: \.needsBase) {
            throw ServiceError.studentMissing(item: item, weighting: weighting.name)
        }
        return (prepared, weighting)
    }

    private func result(
        _ input: PreparedInput, _ weighting: any TokenWeighting, teacher: [Float], base: [Float]?
    ) throws -> ScoreResult {
        let student = weighting.needsStudent ? input.student ?? base ?? [] : []
        let weighted = try weighting.weights(
            LogProbSequence(
                teacher: teacher, student: student, scored: input.sequence.scored,
                documentStarts: input.sequence.documents.starts))
        service.metrics.countWeights(
            scored: weighted.scoredTokens, clippedLow: weighted.clippedLow, clippedHigh: weighted.clippedHigh)
        return ScoreResult(
            id: input.id, tokenIDs: input.sequence.tokenIDs, tokens: input.tokens, offsets: input.offsets,
            student: weighting.needsStudent ? (base == nil ? .request : .base) : nil, teacherLogProbs: teacher,
            studentLogProbs: base, weights: weighted.weights,
            statistics: WeightStatistics(
                scoredTokens: weighted.scoredTokens, meanWeight: weighted.meanWeight,
                clippedLow: weighted.clippedLow, clippedHigh: weighted.clippedHigh))
    }
}
