import JSONValues
import Scoring
import ScoringAPI
import TokenWeights

/// POST /v1/weights: text or ids to token weights. Decode and check; score by teacher and, where no student log-probs were
/// posted, by the base; weigh; encode.
struct WeightsController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    func respond(_ request: ServiceRequest) throws -> ServiceAnswer {
        let (prepared, weighting) = try service.permits.run { try prepare(request) }
        let outcome = try service.queue.scores(
            jobs(prepared), deadline: try request.deadline(limit: service.limits.requestTimeout), caller: request.caller
        )
        service.metrics.count(outcome)
        return try service.permits.run { try answer(prepared, weighting, outcome) }
    }

    private func prepare(_ request: ServiceRequest) throws -> (PreparedRequest, any TokenWeighting) {
        let decoded = try PreparedRequest.decode(request, for: .weights)
        let weighting = try (decoded.choice ?? WeightingChoice()).weighting()
        let models = try service.models()
        let prepared = try PreparedRequest(
            decoded, answerType: request.answerType, models: models, limits: service.limits,
            needsStudent: weighting.needsStudent)
        if models.base == nil, let item = prepared.inputs.firstIndex(where: \.needsBase) {
            throw ServiceError.studentMissing(item: item, weighting: weighting.name)
        }
        return (prepared, weighting)
    }

    private func jobs(_ prepared: PreparedRequest) -> [ScoringJob] {
        let teacher = ScoringJob(
            engine: prepared.models.teacher.engine, segments: prepared.inputs.flatMap(\.sequence.segments))
        let forBase = prepared.inputs.filter(\.needsBase).flatMap(\.sequence.segments)
        guard let base = prepared.models.base, !forBase.isEmpty else { return [teacher] }
        return [teacher, ScoringJob(engine: base.engine, segments: forBase)]
    }

    private func answer(
        _ prepared: PreparedRequest, _ weighting: any TokenWeighting, _ outcome: ScoringOutcome
    ) throws -> ServiceAnswer {
        var teacherSegments = outcome.logProbs[0][...]
        var baseSegments = outcome.logProbs.dropFirst().first?[...] ?? []
        var results: [ScoreResult] = []
        for input in prepared.inputs {
            let teacher = teacherSegments.takeSequence(input.sequence)
            let base = input.needsBase ? baseSegments.takeSequence(input.sequence) : nil
            results.append(try result(input, weighting, teacher: teacher, base: base))
        }
        return ServiceAnswer(
            ScoreResponse(
                identity: prepared.models.identity(of: prepared.models.teacher), choice: WeightingChoice(weighting),
                results: results), prepared, outcome)
    }

    private func result(
        _ input: PreparedInput, _ weighting: any TokenWeighting, teacher: [Float], base: [Float]?
    ) throws -> ScoreResult {
        let student = weighting.needsStudent ? input.student ?? base ?? [] : []
        let weighted = try weighting.weights(
            LogProbSequence(
                teacher: teacher, student: student, scored: input.sequence.scored,
                documentStarts: input.sequence.documentStarts))
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

extension WeightingChoice {
    /// The weighting of that name with those options. Throws where one is unknown or out of range.
    func weighting() throws -> any TokenWeighting {
        guard let centering = Centering(rawValue: centering) else {
            throw WireError.invalidField(
                .invalidValue(
                    path: "centering", expected: Centering.allCases.map(\.rawValue).joined(separator: " or "),
                    got: self.centering))
        }
        return try TokenWeightings.named(
            weighting,
            options: TokenWeightingOptions(epsilon: epsilon, centering: centering, keepFraction: keepFraction))
    }

    /// What was used, for the answer.
    init(_ weighting: any TokenWeighting) {
        self.init(
            weighting: weighting.name, epsilon: weighting.options.epsilon,
            centering: weighting.options.centering.rawValue, keepFraction: weighting.options.keepFraction)
    }
}
