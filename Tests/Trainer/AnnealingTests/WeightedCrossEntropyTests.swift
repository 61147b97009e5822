import Annealing
import Testing
import TokenWeights

struct WeightedCrossEntropyTests {
    private let scored = [false, true, true, false, true, true]
    private let teacher: [Float] = [.nan, -1, -2.5, .nan, -0.5, -3]
    private let student: [Float] = [.nan, -1.5, -2, .nan, -1.25, -2.75]

    private func weights(_ student: [Float]) throws -> [Float] {
        try Weighting(epsilon: 1).make().weights(
            LogProbSequence(teacher: teacher, student: student, scored: scored, documentStarts: [0, 3])
        ).weights
    }

    private func loss(_ weights: [Float], _ student: [Float]) -> Double {
        var loss = WeightedCrossEntropy(tokens: 4, scoredTokens: 4)
        _ = loss.add(weights: weights, logProbs: student, scored: scored)
        return loss.loss
    }

    @Test func theSumIsOverScoredPositionsOnly() throws {
        var loss = WeightedCrossEntropy(tokens: 4, scoredTokens: 4)
        let gradient = loss.add(
            weights: [0, 1, 0.5, 0, 2, 1], logProbs: student, scored: scored)
        #expect(loss.loss == (1.5 + 1 + 2.5 + 2.75) / 4)
        #expect(loss.plainLoss == (1.5 + 2 + 1.25 + 2.75) / 4)
        #expect(gradient == [0, -0.25, -0.125, 0, -0.5, -0.25])
    }

    @Test func positionsAreSummedAsOneRunWhateverTheWindows() {
        var whole = WeightedCrossEntropy(tokens: 3, scoredTokens: 3)
        _ = whole.add(weights: [1, 1, 1], logProbs: [-0.1, -0.2, -0.3], scored: [true, true, true])
        var cut = WeightedCrossEntropy(tokens: 3, scoredTokens: 3)
        _ = cut.add(weights: [1], logProbs: [-0.1], scored: [true])
        _ = cut.add(weights: [1, 1], logProbs: [-0.2, -0.3], scored: [true, true])
        #expect(whole.loss == cut.loss)
    }

    /// The gradient is that of the loss with w held fixed. With w recomputed from the moved student it would be another.
    @Test func noGradientFlowsThroughTheWeights() throws {
        let frozen = try weights(student)
        var loss = WeightedCrossEntropy(tokens: 4, scoredTokens: 4)
        let gradient = loss.add(weights: frozen, logProbs: student, scored: scored)
        let step: Float = 1 / 64
        for position in scored.indices where scored[position] {
            var (up, down) = (student, student)
            up[position] += step
            down[position] -= step
            let withFrozen = (self.loss(frozen, up) - self.loss(frozen, down)) / Double(2 * step)
            let withMoving = (self.loss(try weights(up), up) - self.loss(try weights(down), down)) / Double(2 * step)
            #expect(abs(withFrozen - Double(gradient[position])) < 1e-7)
            #expect(abs(withMoving - Double(gradient[position])) > 1e-3)
        }
    }
}
