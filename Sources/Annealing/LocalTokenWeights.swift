import Corpora
import TokenWeights

/// Computes the weights in the trainer, from the teacher's log-probs and the student's (or, for a static weighting, the base's).
package struct LocalTokenWeights: TokenWeightSource {
    private let weighting: any TokenWeighting
    private let teacher: (any TeacherLogProbSource)?
    private let base: (any TeacherLogProbSource)?

    /// `teacher` is nil for a weighting that needs none; `base` is read only by a weighting whose student is the frozen base.
    package init(
        _ weighting: any TokenWeighting, teacher: (any TeacherLogProbSource)?, base: (any TeacherLogProbSource)? = nil
    ) {
        precondition(teacher != nil || !weighting.needsTeacher, "\(weighting.name) needs a teacher")
        precondition(base != nil || weighting.studentSource != .base, "\(weighting.name) needs the frozen base")
        self.weighting = weighting
        self.teacher = teacher
        self.base = base
    }

    package var scoresFingerprint: String? { teacher?.scoresFingerprint }

    package func request(_ batch: StepBatch) {
        teacher?.request(batch)
        base?.request(batch)
    }

    package func weights(_ batch: StepBatch, windows: Range<Int>, student: [[Float]]) throws -> [WindowWeights] {
        let teacherLogProbs = try teacher.map { try Self.checked($0.logProbs(batch), batch) }
        let baseLogProbs = try base.map { try Self.checked($0.logProbs(batch), batch) }
        return try zip(windows, student).map { index, current in
            let window = batch.windows[index]
            let weighted = try weighting.weights(
                LogProbSequence(
                    teacher: teacherLogProbs?[index] ?? [], student: baseLogProbs?[index] ?? current,
                    scored: window.scored, documentStarts: window.segmentStarts))
            return WindowWeights(
                weights: weighted.weights, clippedLow: weighted.clippedLow, clippedHigh: weighted.clippedHigh)
        }
    }

    private static func checked(_ logProbs: [[Float]], _ batch: StepBatch) throws -> [[Float]] {
        for (index, window) in batch.windows.enumerated() {
            let got = index < logProbs.count ? logProbs[index].count : 0
            guard got == window.tokenCount else {
                throw AnnealingError.wrongTeacherAnswer(
                    step: batch.step, window: index, expected: window.tokenCount, got: got)
            }
        }
        return logProbs
    }
}
