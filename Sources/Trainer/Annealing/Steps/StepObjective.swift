import Corpora
import TokenWeights
import Training

/// What a step minimizes: the loss of its weighted tokens, and with distillation a divergence beside it.
struct StepObjective {
    /// Weighting of the run, asked here for the loss's divisor alone; the weights come from `weightSource`.
    let weighting: any TokenWeighting
    /// Source of the weights, given the student's log-probs of this step.
    let weightSource: any WeightSource
    /// Distillation part of the objective; nil where it has none.
    let distillation: Distillation?
    /// Range of the weights that a step can have; nil where all are 1.
    let weightRange: ClosedRange<Double>?

    /// - Parameter weightRange: `AnnealingOptions.weightRange` of the run; nil: all weights are 1.
    init(
        weighting: any TokenWeighting, weightSource: any WeightSource, distillation: Distillation? = nil,
        weightRange: ClosedRange<Double>?
    ) {
        self.weighting = weighting
        self.weightSource = weightSource
        self.distillation = distillation
        self.weightRange = weightRange
    }

    /// Plain next-token loss: all weights are 1, and nobody is asked.
    static func nextToken() throws -> StepObjective {
        let plain = try TokenWeightings.named(NextTokenPrediction.name)
        return StepObjective(
            weighting: plain, weightSource: LocalTokenWeights(plain, teacher: nil), weightRange: nil)
    }

    /// What the tokens of a step learn from; nil without distillation.
    func shares(_ batch: StepBatch) throws -> DistillationShares? {
        try distillation.map { DistillationShares($0.options, try $0.softTargets(batch), batch) }
    }

    /// Announces a step to whoever is asked for it.
    func request(_ batch: StepBatch) {
        weightSource.request(batch)
        distillation?.source.request(batch)
    }

    /// Scores fingerprint of what the teacher answered so far, with weights or soft targets; nil before the first answer.
    var scoresFingerprint: String? { weightSource.scoresFingerprint ?? distillation?.source.scoresFingerprint }
}
