/// The lowest held-out loss of a run so far, and how many were taken since. Kept where the run keeps its best student, or stops where it
/// gets worse.
package struct LowestHeldOutLoss: Sendable, Equatable, Codable {
    /// Mean of -log p over the scored tokens of the held-out corpus, in nats.
    package private(set) var loss: Double
    /// Steps that were done when it was taken; 0: the student as it was given.
    package private(set) var step: Int
    /// Held-out losses that were taken since; none of them is lower.
    package private(set) var worseSince = 0

    /// The first loss of a run is its lowest.
    package init(loss: Double, step: Int) {
        self.loss = loss
        self.step = step
    }

    /// What it is once another loss was taken. One that is equal, or no number, is not lower.
    package func after(loss: Double, step: Int) -> LowestHeldOutLoss {
        guard !(loss < self.loss) else { return LowestHeldOutLoss(loss: loss, step: step) }
        var same = self
        same.worseSince += 1
        return same
    }
}
