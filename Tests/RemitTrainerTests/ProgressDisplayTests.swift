import Annealing
import CommandLines
import Foundation
import RemitTrainer
import Testing

struct ProgressDisplayTests {
    private func record(step: Int, loss: Double) throws -> StepRecord {
        let json = """
            {"step": \(step), "epoch": 0, "weightedLoss": \(loss), "loss": \(loss), "learningRate": 0.1, "gradNorm": 1,
             "tokens": 1, "scoredTokens": 1, "meanWeight": 1, "clippedLowShare": 0.5, "clippedHighShare": 0.5,
             "upWeightedShare": 0, "stepSeconds": 10, "waitSeconds": 0, "tokensPerSecond": 123456789}
            """
        return try JSONDecoder().decode(StepRecord.self, from: Data(json.utf8))
    }

    /// The longest line that a run can have fits 80 columns.
    @Test func theLineFitsATerminal() throws {
        let display = ProgressDisplay(
            Terminal(isInteractive: true, columns: 80), totalSteps: 99_999, showsWeights: true)
        let line = display.line(try record(step: 12_345, loss: 12.3456))
        #expect(line.count < 80)
        #expect(line.hasPrefix("12345/99999 loss 12.3456 weighted 12.3456"))
        let short = ProgressDisplay(Terminal(isInteractive: true, columns: 80), totalSteps: 100, showsWeights: true)
            .line(try record(step: 50, loss: 2.5))
        #expect(short.count < 80)
        #expect(short.hasPrefix("50/100 [==") && short.contains("..] loss 2.5000 weighted 2.5000"))
    }
}
