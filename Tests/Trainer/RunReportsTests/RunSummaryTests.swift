import Annealing
import Foundation
import RunReports
import Testing

struct RunSummaryTests {
    private func step(_ step: Int, tokens: Int, up: Double, clipped: Double, seconds: Double) throws -> LogRecord {
        let json = """
            {"kind": "step", "step": \(step), "epoch": 0, "weightedLoss": 1, "loss": 1, "learningRate": 0.1, "gradNorm": 1,
             "tokens": \(tokens), "scoredTokens": \(tokens / 2), "meanWeight": 1, "clippedLowShare": \(clipped),
             "clippedHighShare": 0, "upWeightedShare": \(up), "stepSeconds": \(seconds), "waitSeconds": 1,
             "tokensPerSecond": 1}
            """
        return try JSONDecoder().decode(LogRecord.self, from: Data(json.utf8))
    }

    private func evaluation(_ step: Int, loss: Double) throws -> LogRecord {
        let json = #"{"kind": "evaluation", "step": \#(step), "heldOutLoss": \#(loss), "heldOutTokens": 9}"#
        return try JSONDecoder().decode(LogRecord.self, from: Data(json.utf8))
    }

    private func summary(_ records: [LogRecord]) -> String {
        var state = RunState(
            options: AnnealingOptions(),
            inputs: RunInputs(
                student: "s", tokenizer: "t", corpus: "c", evaluationCorpus: nil, teacher: "m"), kernelPath: "")
        (state.step, state.tokens, state.scoredTokens) = (100, 1_000_000, 500_000)
        var summary = RunSummary(directory: "out", weighting: "remit", isDistilled: false)
        summary.read(records, state: state)
        return summary.table
    }

    /// 100 steps, of which the log has two: 3000 tokens in 10 s, of 1500 scored ones 900 above 1 and 300 clipped.
    @Test func aLogThatHasTheLastStepsAloneTellsOfThose() throws {
        let table = try summary([
            evaluation(98, loss: 3), step(99, tokens: 1000, up: 0.2, clipped: 0.4, seconds: 4),
            step(100, tokens: 2000, up: 0.8, clipped: 0.1, seconds: 6), evaluation(100, loss: 2),
        ])
        for row in [
            "tokens              1000000, 500000 scored", "speed               300 tokens/s",
            "weights             60% above 1, 20% clipped", "waited for teacher  20% of ",
            "held-out loss       3.0000 at step 98, 2.0000 after",
        ] {
            #expect(table.contains(row), "\(row)\n\(table)")
        }
    }

    @Test func aLogWithoutStepsTellsNoShares() throws {
        let table = try summary([evaluation(100, loss: 2)])
        for word in ["nan", "speed", "weights", "waited"] { #expect(!table.contains(word), "\(table)") }
        #expect(table.contains("steps          100"))
    }

    @Test func aWholeLogTellsWhatWasBefore() throws {
        #expect(
            try summary([evaluation(0, loss: 3), evaluation(100, loss: 2)]).contains("3.0000 before, 2.0000 after"))
    }
}
