import Annealing
import CommandLines
import Foundation
import RemitTrainer
import Testing

struct ProgressDisplayTests {
    private func record(step: Int, loss: Double, more: String = "") throws -> StepRecord {
        let json = """
            {"step": \(step), "epoch": 0, "weightedLoss": \(loss), "loss": \(loss), "learningRate": 0.1, "gradNorm": 1,
             "tokens": 1, "scoredTokens": 1, "meanWeight": 1, "clippedLowShare": 0.5, "clippedHighShare": 0.5,
             "upWeightedShare": 0, "stepSeconds": 10, "waitSeconds": 2.5, "tokensPerSecond": 123456789\(more)}
            """
        return try JSONDecoder().decode(StepRecord.self, from: Data(json.utf8))
    }

    private func display(columns: Int, totalSteps: Int = 99_999) -> ProgressDisplay {
        ProgressDisplay(Terminal(isInteractive: true, columns: columns), totalSteps: totalSteps, showsWeights: true)
    }

    /// The longest line that a run can have fits, whatever the terminal's width.
    @Test(arguments: [30, 40, 60, 80, 100, 200]) func theLineFitsATerminal(_ columns: Int) throws {
        let line = display(columns: columns).line(try record(step: 12_345, loss: 12.3456))
        #expect(line.count < max(columns, 46), "\(line)")
        #expect(line.hasPrefix("12345/99999 ") && line.contains("loss 12.3456") && line.contains("ETA "))
    }

    @Test func atEightyColumnsAllThatMattersIsThere() throws {
        let line = display(columns: 80).line(try record(step: 12_345, loss: 12.3456))
        #expect(line == "12345/99999 loss 12.3456 weighted 12.3456 123.5M tok/s wait 25% ETA 99:59:59")
        let short = display(columns: 80, totalSteps: 100).line(try record(step: 50, loss: 2.5))
        #expect(short.hasPrefix("50/100 [==") && short.contains("..] loss 2.5000 weighted 2.5000"))
        #expect(short.contains(" wait 25%") && !short.contains("clip"))
        let wide = display(columns: 120).line(try record(step: 12_345, loss: 12.3456))
        #expect(wide.contains("clip 100% wait 25%") && wide.contains("[="))
        let away = display(columns: 80).line(try record(step: 1, loss: 2.5, more: #", "ntp": true"#))
        #expect(away.contains("no teacher") && !away.contains("wait"))
    }

    /// Steps of 10 s, held-out losses of 100 s.
    @Test(
        arguments: [(nil, "0:01:30"), (0, "0:03:10"), (3, "0:08:10"), (5, "0:04:50"), (1, "0:18:10")]
            as [(Int?, String)])
    func theTimeLeftKnowsOfHeldOutLosses(_ every: Int?, _ left: String) throws {
        let display = ProgressDisplay(
            Terminal(isInteractive: true, columns: 200), totalSteps: 10, showsWeights: false, evaluateEvery: every)
        if every != nil {
            let record = try JSONDecoder().decode(
                EvaluationRecord.self, from: Data(#"{"step": 0, "heldOutLoss": 1, "heldOutTokens": 1}"#.utf8))
            display.take(.evaluation(record, seconds: 100))
        }
        let line = display.line(try record(step: 1, loss: 1))
        #expect(line.hasSuffix("ETA \(left)"), "\(line)")
    }
}
