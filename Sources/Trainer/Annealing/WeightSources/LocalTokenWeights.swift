import Corpora
import Sequences
import TokenWeights
import Training

/// Computes the weights in the trainer, from the teacher's log-probs and the student's (or, for a static weighting, the base's).
package struct LocalTokenWeights: StepSource {
    private let weighting: any TokenWeighting
    private let teacher: (any TeacherScoreSource)?
    private let base: (any LogProbSource)?
    private let domains: [String]

    /// Joins a weighting with the log-probs that it needs.
    ///
    /// - Parameters:
    ///   - teacher: nil for a weighting that needs none.
    ///   - base: read in place of the student's log-probs where it is given; needed by a weighting whose student is the frozen base.
    ///   - domains: names by number, the corpus's; read only by a weighting that tells domains apart.
    package init(
        _ weighting: any TokenWeighting, teacher: (any LogProbSource)?,
        base: (any LogProbSource)? = nil, domains: [String] = []
    ) {
        self.init(
            weighting, scores: teacher.map { ScoresWithoutEntropies(source: $0) }, base: base, domains: domains)
    }

    /// As `init(_:teacher:base:domains:)`, with what a weighting of one's own may need of the teacher beside log-probs.
    package init(
        _ weighting: any TokenWeighting, scores teacher: (any TeacherScoreSource)?,
        base: (any LogProbSource)? = nil, domains: [String] = []
    ) {
        precondition(teacher != nil || !weighting.needsTeacher, "\(weighting.name) needs a teacher")
        precondition(base != nil || weighting.studentSource != .base, "\(weighting.name) needs the frozen base")
        self.weighting = weighting
        self.teacher = teacher
        self.base = base
        self.domains = domains
    }

    /// Scores fingerprint of the teacher's answers so far; nil before the first one, and without a teacher.
    package var scoresFingerprint: String? { teacher?.scoresFingerprint }

    /// Announces a step to the teacher and the base, where there are any.
    package func request(_ batch: StepBatch) {
        teacher?.request(batch)
        base?.request(batch)
    }

    /// Weights of some windows of a step, those windows weighed together: a control may make one depend on the others.
    ///
    /// - Throws: `AnnealingError.wrongTeacherAnswer` or `.impossibleLogProb` for what a source gives, anywhere in the step; what a
    ///   source or the weighting throws.
    package func answer(_ question: WeightQuestion) throws -> [WindowWeights] {
        let batch = question.batch
        let scores = try teacher.map { try Self.checked($0.answer(batch), batch) }
        let baseLogProbs = try base.map { try Self.checked($0.answer(batch), batch) }
        let sequences = try zip(question.windows, question.student).map { index, current in
            let window = batch.windows[index]
            var sequence = try LogProbSequence(
                teacher: scores?[index].logProbs ?? [], student: baseLogProbs?[index] ?? current,
                scored: window.scored, documentStarts: window.segments.starts)
            sequence.teacherEntropies = scores?[index].entropies ?? []
            if weighting.needsDomains { sequence.domains = domainRanges(window) }
            return sequence
        }
        return try weighting.weights(together: sequences).map {
            WindowWeights(weights: $0.weights, clippedLow: $0.clippedLow, clippedHigh: $0.clippedHigh)
        }
    }

    private func domainRanges(_ window: TrainingWindow) -> [DomainRange] {
        window.pieces.indices.map { index in
            let domain = window.pieces[index].domain
            return DomainRange(
                range: window.range(ofPiece: index), domain: domain < domains.count ? domains[domain] : "")
        }
    }

    /// Entropies are one a token, or none.
    private static func checked(_ scores: [TeacherScores], _ batch: StepBatch) throws -> [TeacherScores] {
        _ = try checked(scores.map(\.logProbs), batch)
        for (index, (scores, window)) in zip(scores, batch.windows).enumerated()
        where ![0, window.tokenCount].contains(scores.entropies.count) {
            throw AnnealingError.wrongTeacherAnswer(
                step: batch.step, window: index, expected: window.tokenCount, got: scores.entropies.count)
        }
        return scores
    }

    /// Whoever the source is, a number that cannot be weighs no token.
    private static func checked(_ logProbs: [[Float]], _ batch: StepBatch) throws -> [[Float]] {
        for (index, window) in batch.windows.enumerated() {
            let got = index < logProbs.count ? logProbs[index].count : 0
            guard got == window.tokenCount else {
                throw AnnealingError.wrongTeacherAnswer(
                    step: batch.step, window: index, expected: window.tokenCount, got: got)
            }
            if let fault = LogProbFault(in: logProbs[index][...], scored: window.scored) {
                throw AnnealingError.impossibleLogProb(step: batch.step, window: index, fault)
            }
        }
        return logProbs
    }
}
