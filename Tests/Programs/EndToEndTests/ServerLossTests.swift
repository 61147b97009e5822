import Foundation
import TestSupport
import Testing

/// Servers that go away in the middle of a run change nothing of what it ends with.
@Suite(.serialized) struct ServerLossTests {
    private static let steps = 16

    /// Blocks until the run has made some steps, and is far from done.
    private func waitForSteps(_ trainer: Program, _ out: String) throws {
        _ = try trainer.waitFor("three steps") { _ in
            let log = (try? String(contentsOfFile: out + "/log.jsonl", encoding: .utf8)) ?? ""
            return log.split(separator: "\n").count >= 3 ? true : nil
        }
    }

    @Test func aServerThatIsRestartedInTheMiddleOfARun() async throws {
        try await onThread {
            let run = try TrainerRun()
            let first = try LiveServer(model: Demo.teacher)
            let undisturbed = try run.anneal("undisturbed", server: first.url, steps: Self.steps)
            #expect(undisturbed.result.status == 0, "\(undisturbed.result.errors)")

            let trainer = try run.start("disturbed", servers: [first.url], steps: Self.steps, ["--prefetch", "0"])
            try waitForSteps(trainer, run.directory.file("disturbed"))
            first.program.signal(SIGKILL)
            _ = try first.program.wait()
            _ = try trainer.waitFor("a line that it waits") { $0.errors.contains("waiting for") ? true : nil }
            let port = try #require(first.url.split(separator: ":").last)
            let second = try LiveServer(model: Demo.teacher, arguments: ["--port", String(port)])
            #expect(second.url == first.url)
            let result = try trainer.wait(timeout: 120)
            #expect(result.status == 0, "\(result.errors)")
            let disturbed = Outcome(result: result, out: run.directory.file("disturbed"))
            #expect(try disturbed.weightsFile() == undisturbed.weightsFile())
            #expect(try disturbed.values("weighted_loss") == undisturbed.values("weighted_loss"))
        }
    }

    @Test func oneOfTwoServersIsKilled() async throws {
        try await onThread {
            let run = try TrainerRun()
            let (first, second) = (try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.teacher))
            let undisturbed = try run.anneal("undisturbed", server: second.url, steps: Self.steps)
            #expect(undisturbed.result.status == 0, "\(undisturbed.result.errors)")

            let trainer = try run.start(
                "disturbed", servers: [first.url, second.url], steps: Self.steps, ["--prefetch", "0"])
            try waitForSteps(trainer, run.directory.file("disturbed"))
            #expect(trainer.isRunning)
            first.program.signal(SIGKILL)
            let result = try trainer.wait(timeout: 120)
            #expect(result.status == 0, "\(result.errors)")
            let disturbed = Outcome(result: result, out: run.directory.file("disturbed"))
            #expect(try disturbed.weightsFile() == undisturbed.weightsFile())
        }
    }
}
