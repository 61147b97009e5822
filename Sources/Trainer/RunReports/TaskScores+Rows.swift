import Foundation
import Reinforcement

extension TaskScores {
    /// Rows of a table for people.
    var rows: [(String, String)] {
        func gold(_ nats: Double?) -> String { nats.map { String(format: "  %.3f nats", $0) } ?? "" }
        func distinct(_ share: Double?) -> String { share.map { String(format: "  %.1f %% distinct", 100 * $0) } ?? "" }
        func shown(_ score: FamilyScore) -> String {
            let interval = String(
                format: "%5.1f %%  (%.1f to %.1f)  %d of %d", 100 * score.accuracy, 100 * score.low, 100 * score.high,
                score.correct, score.problems)
            return interval
                + (score.passAtK.map { String(format: "  pass@%d %.1f %%", options.passAt, 100 * $0) } ?? "")
                + distinct(score.distinctShare) + gold(score.goldNats)
        }
        let average = String(format: "%5.1f %%", 100 * accuracy)
        let pass = passAtK.map { String(format: "  pass@%d %.1f %%", options.passAt, 100 * $0) } ?? ""
        return families.map { ($0.family, shown($0)) } + [
            ("average", average + pass + distinct(distinctShare) + gold(goldNats))
        ]
    }
}
