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
                [
                    "report", run.directory.file("weighted"), run.directory.file("plain"), "--out", page, "--smoothing",
                    "2",
                ]
                    + ["--baseline", run.directory.file("plain") + "/"])
            #expect(result.status == 0 && result.output.contains("2 runs"), "\(result.errors)")
            let html = try String(contentsOfFile: page, encoding: .utf8)
            for text in [
                "2 runs compared", "Next-token loss", "Held-out loss", "Weights over time: weighted", "Clipped high",
                "Gained most: weighted", "Waiting for the teacher", "schedule.peak", "<td>ntp</td>",
                "Difference to plain",
                "Next-token loss against plain", "Held-out loss against plain", "class=\"smooth\"",
                "data-smoothing=\"2\"",
            ] { #expect(html.contains(text), "\(text)") }
            #expect(!html.contains("Weights over time: plain") && !html.contains("src="))
            // What a run has not is not in the legend of it.
            let clipped = try #require(html.firstRange(of: "aria-label=\"Clipped high\""))
            #expect(!html[clipped.lowerBound...].prefix { $0 != "§" }.split(separator: "</svg>")[0].contains("plain"))
            try Self.agrees(html, run)

            let stranger = try Program.run(
                "remit-trainer", ["report", run.directory.file("plain"), "--out", page, "--baseline", "other"])
            #expect(stranger.status == 64 && stranger.errors.contains("expected one of the runs"), "\(stranger.errors)")
            // Tokens by their text, not by number.
            #expect(html.contains("&quot;") && html.firstMatch(of: />&lt;\d+&gt;</) == nil)

            let missing = try Program.run("remit-trainer", ["report", run.directory.path, "--out", page])
            #expect(missing.status == 1 && missing.errors.contains("log.jsonl"))
            let events = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("weighted/tensorboard"))
            #expect(events.count == 1 && events[0].hasPrefix("events.out.tfevents."))
        }
    }

    /// The logs' own numbers: losses less the other's, and gains less losses, token by token.
    private static func agrees(_ html: String, _ run: TrainerRun) throws {
        func steps(_ name: String) throws -> [[String: Any]] { try Outcome.steps(in: run.directory.file(name)) }
        func losses(_ name: String) throws -> [Double] {
            try steps(name).compactMap { $0["loss"] as? Double }
        }
        let differences = zip(try losses("weighted"), try losses("plain")).map { $0 - $1 }
        let mean = differences.reduce(0, +) / Double(differences.count)
        #expect(differences.count > 1 && html.contains(">\(String(format: "%+.4f", mean))</td>"), "\(mean)")

        var net: [Int: Double] = [:]
        for step in try steps("weighted") {
            for list in ["gained_tokens", "lost_tokens"] {
                for token in step[list] as? [[NSNumber]] ?? [] where token.count == 3 {
                    net[token[0].intValue, default: 0] += token[2].doubleValue
                }
            }
        }
        let most = try #require(net.values.max())
        let chart = try #require(html.firstRange(of: "aria-label=\"Gained most: weighted\""))
        let first = try #require(html[chart.upperBound...].firstMatch(of: /<title>[^<]*: (-?[0-9.]+)<\/title>/)).output
            .1
        #expect(String(format: "%.1f", most) == String(first))
    }
}
