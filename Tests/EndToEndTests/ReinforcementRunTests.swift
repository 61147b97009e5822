import Foundation
import TestSupport
import Testing

/// remit-trainer reinforce with judges of all kinds.
@Suite(.serialized) struct ReinforcementRunTests {
    /// Small steps of the demo's base on three prompts.
    private struct Run {
        let directory: TemporaryDirectory
        let prompts: String

        init() throws {
            directory = try TemporaryDirectory()
            let lines = (1...3).map { "{\"prompt\": \"What is 1\($0) + 2\($0)?\"}\n" }.joined()
            prompts = try directory.write("prompts.jsonl", Array(lines.utf8))
        }

        func arguments(_ name: String, _ reward: String, _ more: [String]) -> [String] {
            ["reinforce", "--student", Demo.base, "--prompts", prompts, "--reward", reward, "--out"]
                + [directory.file(name), "--prompts-per-step", "2", "--samples-per-prompt", "4", "--max-new-tokens"]
                + ["8", "--learning-rate", "1e-4", "--threads", "1", "--out-dtype", "f32"] + more
        }

        func reinforce(_ name: String, _ reward: String, _ more: [String]) throws -> Outcome {
            let result = try Program.run("remit-trainer", arguments(name, reward, more))
            return Outcome(result: result, out: directory.file(name))
        }
    }

    /// The length of the line in which a completion comes, without its index; 8 a step.
    private static let lengths = #"printf '%s\n' "$line" | sed 's/"index":[0-9]*//' | wc -c"#
    private static let judge = "while IFS= read -r line; do [ -n \"$line\" ] && \(lengths); done"

    @Test func aSurplusOfAnswersEndsTheRun() async throws {
        try await onThread {
            let run = try Run()
            let surplus = "while IFS= read -r line; do sleep 0.01; echo 1; done"
            let outcome = try run.reinforce("surplus", surplus, ["--steps", "3"])
            #expect(outcome.result.status == 1, "\(outcome.result.errors)")
            for text in ["step 1: the reward program", "gave more rewards than it was asked for", "\"index\""] {
                #expect(outcome.result.errors.contains(text), "\(outcome.result.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: outcome.out + "/model.safetensors"))
        }
    }

    /// A judge that dies, and one that hangs, after two steps; --save-every is 100.
    @Test(arguments: ["exit 7", "sleep 600"])
    func aJudgeThatFailsLosesNoStep(_ end: String) async throws {
        try await onThread {
            let run = try Run()
            let whole = try run.reinforce("whole", Self.judge, ["--steps", "4"])
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let failing =
                "while IFS= read -r line; do [ -n \"$line\" ] && { [ $((n += 1)) -gt 20 ] && \(end); \(Self.lengths); }; done"
            // The judge is part of a run's identity in what it answers alone.
            let failed = try run.reinforce("failed", failing, ["--steps", "4", "--reward-timeout", "3"])
            #expect(failed.result.status == 1)
            for text in ["step 3: the reward program", "after step 2", "--resume"] {
                #expect(failed.result.errors.contains(text), "\(failed.result.errors)")
            }
            #expect(try failed.steps().count == 2)
            #expect(FileManager.default.fileExists(atPath: failed.out + "/checkpoints/step-00000002.safetensors"))
        }
    }

    @Test func aSignalEndsTheWaitAndTheJudge() async throws {
        try await onThread {
            let run = try Run()
            let file = run.directory.file("judge")
            let hanging = "sleep 600 & echo $! > '\(file).new'; mv '\(file).new' '\(file)'; wait"
            let program = try Program(start: "remit-trainer", run.arguments("hanging", hanging, ["--steps", "2"]))
            let judge = try program.waitFor("the judge") { _ in try? String(contentsOfFile: file, encoding: .utf8) }
            _ = try program.waitFor("the first wait") { _ in
                FileManager.default.fileExists(atPath: run.directory.file("hanging/log.jsonl")) ? true : nil
            }
            let begin = ContinuousClock.now
            program.signal(SIGTERM)
            #expect(try program.wait(timeout: 60).status == 130)
            #expect(ContinuousClock.now - begin < .seconds(30))
            let number = try #require(Int32(judge.trimmingCharacters(in: .whitespacesAndNewlines)))
            let status = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
            #expect(status.isEmpty || status.contains(") Z "), "\(status)")
        }
    }

    @Test func updatesThatDoNotDivideThePromptsAreRefused() async throws {
        try await onThread {
            let run = try Run()
            let outcome = try run.reinforce(
                "undivided", Self.judge, ["--steps", "1", "--updates-per-step", "4", "--prompts-per-step", "5"])
            #expect(outcome.result.status == 1)
            #expect(outcome.result.errors.contains("--updates-per-step is 4"), "\(outcome.result.errors)")
            #expect(!FileManager.default.fileExists(atPath: outcome.out))
        }
    }
}
