import Sequences
import Training
import Transformers

/// The frozen teacher's log-probs: of every token of every window of a step the natural log-prob, NaN at the first token of each
/// segment. [windows][T]
package typealias LogProbSource = StepSource<StepBatch, [[Float]]>

/// The teacher's log-probs, with the entropies of its distributions where they are asked for. [windows]
package typealias TeacherScoreSource = StepSource<StepBatch, [TeacherScores]>

/// The teacher's distributions, for distillation, at every position of every window of a step. [windows]
package typealias SoftTargetSource = StepSource<StepBatch, [SoftTargets]>

/// Token weights of some windows of a step, computed here from the teacher's log-probs, or by the server from the student's.
package typealias WeightSource = StepSource<WeightQuestion, [WindowWeights]>
