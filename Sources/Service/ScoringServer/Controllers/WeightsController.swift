import JSONValues
import Scoring
import ScoringAPI
import Sequences
import TokenWeights

/// POST /v1/weights: text or ids to token weights. Decode and check; score by teacher and, where no student log-probs were
/// posted, by the base; weigh; encode.
struct WeightsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest) throws -> ServiceAnswer {
        let (prepared, weighting) = try service.permits.run { try prepare(request) }
        return try ScoringExchange(
            service: service, request: request, prepared: prepared, choice: weighting.options
        ) { input, teacher, base in
            try result(input, weighting, teacher: teacher.logProbs, base: base?.logProbs)
        }.answer()
    }

    private func prepare(_ request: ServiceRequest) throws -> (PreparedRequest, any TokenWeighting) {
        let decoded = try PreparedRequest.decode(request, for: .weights)
        let weighting = try (decoded.choice ?? Weighting()).make()
        let models = try service.models(for: decoded.pins)
        let prepared = try PreparedRequest(
            decoded, answerType: request.answerType, models: models, limits: service.limits,
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
