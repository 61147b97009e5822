import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ReportTests {
    @Test func runsAreComparedOnOnePage() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let held = ["--eval-corpus", Demo.heldOut, "--eval-every", "2"]
            #expect(try run.anneal("weighted", server: server.url, held).result.status == 0)
            #expect(try run.anneal("plain", server: nil, held + ["--weighting", "ntp"]).result.status == 0)
            let page = run.directory.file("report.html")
            let result = try Program.run(
                "remit-trainer",
                ["report", run.directory.file("weighted"), run.directory.file("plain"), "--out", page])
            #expect(result.status == 0 && result.output.contains("2 runs"), "\(result.errors)")
            let html = try String(contentsOfFile: page, encoding: .utf8)
            for text in [
                "2 runs compared", "Next-token loss", "Held-out loss", "Weights over time: weighted", "Clipped high",
                "Gained most: weighted", "Waiting for the teacher", "schedule.peak", "<td>ntp</td>",
            ] { #expect(html.contains(text), "\(text)") }
            #expect(!html.contains("Weights over time: plain") && !html.contains("<script") && !html.contains("src="))
            // Tokens by their text, not by number.
            #expect(html.contains("&quot;") && html.firstMatch(of: />&lt;\d+&gt;</) == nil)

            let missing = try Program.run("remit-trainer", ["report", run.directory.path, "--out", page])
            #expect(missing.status == 1 && missing.errors.contains("log.jsonl"))
            let events = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("weighted/tensorboard"))
            #expect(events.count == 1 && events[0].hasPrefix("events.out.tfevents."))
        }
    }
}
