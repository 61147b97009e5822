/// Where on its way a mid-training first has an accuracy.
package enum FirstReach {
    /// Tokens after which the accuracy is first `goal` or more, on the straight lines between the points. At the first point it is that
    /// point's: nothing is known of before, and the true number is no higher.
    ///
    /// - Parameter asked: in the order of tokens.
    /// - Returns: nil where no point has it.
    package static func tokens(of goal: Double, on asked: [LossCurve.Asked]) -> Double? {
        guard let at = asked.firstIndex(where: { $0.accuracy >= goal }) else { return nil }
        guard at > 0 else { return Double(asked[0].tokens) }
        let (before, after) = (asked[at - 1], asked[at])
        let share = (goal - before.accuracy) / (after.accuracy - before.accuracy)
        return Double(before.tokens) + share * Double(after.tokens - before.tokens)
    }
}
