/// A part of the report beyond those of every plan: what a plan is made to tell, named before anything runs.
package enum FlywheelSection: String, Sendable, Codable, CaseIterable {
    /// Differences to the baseline round by round, and their trend.
    case rounds
    /// Share of mid-training after which a method first has the baseline's last accuracy.
    case tokensToAccuracy = "tokens to the baseline's accuracy"
    /// Accuracy of several samples, and how many of them differ, after reinforcement.
    case samples
    /// Gains over the baseline as shares of the oracle's.
    case oracleGap = "share of the oracle's gap"
    /// Gains over the baseline as shares of the first teacher's.
    case teacherGap = "share of the teacher's gap"
    /// Differences to the baseline in log-odds.
    case logOdds = "log-odds"
    /// Trends over epsilon: that of accuracy is tested, once, where all is there that was planned.
    case epsilon
    /// How well facts of pre-training are kept and those of mid-training learnt.
    case facts
}
