import Annealing
import Reports

/// A run's log as TensorBoard events. A disk that is full costs the events, not the run.
package final class RunEvents {
    private var file: EventFile?
    private let onFailure: (any Error) -> Void

    /// - Parameters:
    ///   - nextStep: the step that the run goes on with; what an earlier sitting says of it and later ones is dropped.
    ///   - onFailure: called once where an event cannot be written; none is written after it.
    /// - Throws: where the file of events cannot be opened.
    package init(directory: String, nextStep: Int, onFailure: @escaping (any Error) -> Void) throws {
        file = try EventFile(directory: directory, nextStep: nextStep)
        self.onFailure = onFailure
    }

    /// Adds what happened.
    package func show(_ event: AnnealingEvent) {
        do {
            switch event {
            case .step(let record): try file?.append(Self.summary(record), step: record.step)
            case .evaluation(let record, _): try file?.append(Self.summary(record), step: record.step)
            case .evaluating, .saved: break
            }
        } catch {
            file = nil
            onFailure(error)
        }
    }

    private static func summary(_ record: StepRecord) -> EventSummary {
        var summary = EventSummary(scalars: [
            ("loss/next_token", record.loss), ("loss/weighted", record.weightedLoss),
            ("optimizer/learning_rate", record.learningRate), ("optimizer/grad_norm", record.gradNorm),
            ("speed/tokens_per_second", record.tokensPerSecond), ("speed/step_seconds", record.stepSeconds),
            ("speed/wait_seconds", record.waitSeconds),
        ])
        if let divergence = record.kdLoss { summary.scalars.append(("loss/kd", divergence)) }
        guard let histogram = record.weightHistogram else { return summary }
        summary.scalars += [
            ("weights/mean", record.meanWeight), ("weights/clipped_low_share", record.clippedLowShare),
            ("weights/clipped_high_share", record.clippedHighShare),
            ("weights/above_one_share", record.upWeightedShare),
        ]
        summary.histograms = [
            (
                "weights/histogram",
                EventHistogram(
                    range: histogram.low...histogram.high, counts: histogram.counts,
                    sum: record.meanWeight * Double(record.scoredTokens))
            )
        ]
        return summary
    }

    private static func summary(_ record: EvaluationRecord) -> EventSummary {
        EventSummary(
            scalars: [("loss/held_out", record.heldOutLoss)]
                + (record.heldOutDomains ?? []).map { ("held_out/\($0.domain)", $0.loss) })
    }
}
