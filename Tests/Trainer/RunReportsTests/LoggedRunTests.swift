import RunReports
import TestSupport
import Testing

/// Logs that no report can be made of.
struct LoggedRunTests {
    private func error(_ lines: [String]) throws -> String {
        let directory = try TemporaryDirectory()
        try directory.write("run/log.jsonl", Array((lines.joined(separator: "\n") + "\n").utf8))
        do {
            _ = try LoggedRun.load([directory.file("run")])
            return "read"
        } catch {
            return "\(error)".replacing(directory.path + "/", with: "")
        }
    }

    private static let evaluation = #"{"kind":"evaluation","step":0,"held_out_loss":2.5,"held_out_tokens":9}"#

    @Test(arguments: [
        (#"{"kind":"evaluation","step":1,"held_out_loss":2.5}"#, "held_out_tokens: missing"),
        (
            #"{"kind":"evaluation","step":1,"held_out_loss":"x","held_out_tokens":9}"#,
            "held_out_loss: expected a number, got a value of another type"
        ),
        (#"{"kind":"evaluation","step":1,"#, "not valid JSON"), ("", "not valid JSON"),
    ])
    func aBadLineIsToldByItsNumber(_ line: String, _ reason: String) throws {
        #expect(try error([Self.evaluation, Self.evaluation]) == "read")
        let said = try error([Self.evaluation, line])
        #expect(said.hasPrefix("run/log.jsonl, line 2, is no record of a run: \(reason). "), "\(said)")
    }

    @Test func aReinforcementIsNamed() throws {
        let record = """
            {"step":1,"uniform_share":0,"loss":1,"divergence":0,"clipped_share":0,"grad_norm":1,"learning_rate":0.1,"tokens":4,\
            "finished_share":1,"sampling_seconds":1,"reward_seconds":1,"update_seconds":1}
            """
        #expect(try error([record]) == "run: holds a run of reinforce; a report is of runs of anneal and pretrain")
    }
}
