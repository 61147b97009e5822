import Compression
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

        /// What `more` says takes the place of what is said here.
        func arguments(_ name: String, _ reward: String, _ more: [String]) -> [String] {
            let own = [
                "--student": Demo.base, "--prompts": prompts, "--reward": reward, "--out": directory.file(name),
                "--prompts-per-step": "2", "--samples-per-prompt": "4", "--max-new-tokens": "8",
                "--learning-rate": "1e-4", "--threads": "1", "--out-dtype": "f32",
            ]
            return ["reinforce"] + own.filter { !more.contains($0.key) }.flatMap { [$0.key, $0.value] } + more
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
            // The line too many comes a moment after the step's last answer; on a busy machine it is found before the next step.
            #expect(outcome.result.errors.contains(/step [12]: the reward program/), "\(outcome.result.errors)")
            for text in ["gave more rewards than it was asked for", "\"index\""] {
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
            let failed = try run.reinforce("failed", failing, ["--steps", "4", "--reward-timeout", "3"])
            #expect(failed.result.status == 1)
            for text in ["step 3: the reward program", "after step 2", "--resume"] {
                #expect(failed.result.errors.contains(text), "\(failed.result.errors)")
            }
            #expect(try failed.steps().count == 2)
            // A judge that is mended goes on to the same weights.
            let resumed = try run.reinforce("failed", Self.judge, ["--steps", "4", "--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == whole.weightsFile())
            #expect(resumed.result.errors.contains("reward was while"), "\(resumed.result.errors)")
        }
    }

    /// Trackers know a run by run.json: one that was given more steps was another run to them.
    @Test func aResumedRunWasStartedAsBefore() async throws {
        try await onThread {
            let run = try Run()
            let first = try run.reinforce("run", Self.judge, ["--steps", "1"])
            #expect(first.result.status == 0, "\(first.result.errors)")
            let started = try #require(FileManager.default.contents(atPath: first.out + "/run.json"))
            let longer = try run.reinforce("run", Self.judge, ["--steps", "2", "--threads", "2", "--resume"])
            #expect(longer.result.status == 0, "\(longer.result.errors)")
            #expect(try longer.steps().count == 2)
            #expect(FileManager.default.contents(atPath: first.out + "/run.json") == started)
        }
    }

    /// A prompt for which the context has no room, one that is empty, and one that is none, between three that are good.
    @Test func promptsAreCheckedBeforeTheFirstStep() async throws {
        try await onThread {
            let run = try Run()
            let good = try String(contentsOfFile: run.prompts, encoding: .utf8)
            let long = "{\"prompt\": \"\(String(repeating: "What is 11 + 22? ", count: 200))\"}\n"
            for (bad, reason) in [
                (long, "with --max-new-tokens 8 the model's context of 512 holds prompts of at most 504"),
                ("{\"prompt\": \"\"}\n", "expected an object"), ("{\"text\": \"a\"}\n", "expected an object"),
            ] {
                let file = try run.directory.write("mixed.jsonl", Array((good + bad + good).utf8))
                let more = ["--steps", "2", "--prompts", file]
                let refused = try run.reinforce("refused", "echo started >&2; " + Self.judge, more)
                #expect(refused.result.status == 1)
                for text in [file + ", line 4", reason, "--skip-bad-prompts"] {
                    #expect(refused.result.errors.contains(text), "\(refused.result.errors)")
                }
                #expect(!refused.result.errors.contains("started"))
            }
            let file = try run.directory.write("skipped.jsonl", Array((good + long + "{}\n").utf8))
            let skipped = try run.reinforce(
                "skipped", Self.judge, ["--steps", "2", "--prompts", file, "--skip-bad-prompts"])
            let whole = try run.reinforce("whole", Self.judge, ["--steps", "2"])
            #expect(skipped.result.errors.contains("3 prompts, left out 2"), "\(skipped.result.errors)")
            #expect(try skipped.weightsFile() == whole.weightsFile())
            let noTask = try run.reinforce("no task", "addition", ["--steps", "2"])
            #expect(noTask.result.status == 1 && noTask.result.errors.contains("line 1: the prompt is no problem"))
        }
    }

    @Test func completionsForWhichTheContextHasNoRoomAreRefused() async throws {
        try await onThread {
            let run = try Run()
            let outcome = try run.reinforce("no room", Self.judge, ["--steps", "1", "--max-new-tokens", "512"])
            #expect(outcome.result.status == 64)
            let expected = "--max-new-tokens is 512, expected less than the 512 tokens of the student's context"
            #expect(outcome.result.errors.contains(expected), "\(outcome.result.errors)")
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
            program.signal(SIGTERM)
            #expect(try program.wait().status == 130)
            let number = try #require(Int32(judge.trimmingCharacters(in: .whitespacesAndNewlines)))
            let status = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
            #expect(status.isEmpty || status.contains(") Z "), "\(status)")
        }
    }

    /// It was called damaged, in the words of a decoder.
    @Test func aRunOfTheOtherCommandIsNamed() async throws {
        try await onThread {
            let run = try Run()
            let anneal = try TrainerRun()
            #expect(try run.reinforce("reinforced", Self.judge, ["--steps", "1"]).result.status == 0)
            let plain = ["--weighting", "ntp"]
            #expect(try anneal.anneal("annealed", server: nil, plain).result.status == 0)
            let (reinforced, annealed) = (run.directory.file("reinforced"), anneal.directory.file("annealed"))

            let refusals = [
                try run.reinforce("x", Self.judge, ["--steps", "1", "--resume", "--out", annealed]).result,
                try anneal.anneal("y", server: nil, plain + ["--resume", "--out", reinforced]).result,
                try anneal.anneal("z", server: nil, plain + ["--load-optimizer", reinforced]).result,
            ]
            for (refused, words) in zip(
                refusals,
                [
                    "\(annealed)/checkpoints/step-00000003.safetensors is of a run of anneal or pretrain, expected one of reinforce",
                    "\(reinforced)/checkpoints/step-00000001.safetensors is of a run of reinforce, expected one of anneal or pretrain",
                    "is of a run of reinforce, expected one of anneal or pretrain",
                ])
            {
                #expect(refused.status == 1 && refused.errors.contains(words), "\(refused.errors)")
                #expect(!refused.errors.contains("damaged") && !refused.errors.contains("Decoding"))
            }
            #expect(FileManager.default.fileExists(atPath: reinforced + "/model.safetensors"))
        }
    }

    @Test func updatesThatDoNotDivideThePromptsAreRefused() async throws {
        try await onThread {
            let run = try Run()
            let outcome = try run.reinforce(
                "undivided", Self.judge, ["--steps", "1", "--updates-per-step", "4", "--prompts-per-step", "5"])
            #expect(outcome.result.status == 64)
            #expect(outcome.result.errors.contains("--updates-per-step is 4"), "\(outcome.result.errors)")
            #expect(!FileManager.default.fileExists(atPath: outcome.out))
        }
    }

    /// A folder of compressed lines with answers, a judge in the shell that knows them and has nothing to say of some, and all that narrows what is
    /// drawn and learned; remit.json and the log say so.
    @Test func theJudgeKnowsWhatTheLinesSay() async throws {
        try await onThread {
            let run = try Run()
            let lines = (1...3).map { "{\"prompt\": \"What is 1\($0) + 2\($0)?\", \"answer\": \(33 + 2 * $0)}\n" }
                .joined()
            _ = try run.directory.write("prompts/a.jsonl.gz", CompressionFormat.gzip.compress(Array(lines.utf8)))
            let told = run.directory.file("asked.jsonl")
            let judge = """
                while IFS= read -r line; do
                  [ -n "$line" ] || continue
                  printf '%s\\n' "$line" >>'\(told)'
                  n=$((n + 1))
                  if [ $((n % 5)) = 0 ]; then echo null; else answer=${line##*'"answer":'}; echo "${answer%%[!0-9]*}"; fi
                done
                """
            let more = [
                "--prompts", run.directory.file("prompts"), "--steps", "2", "--top-k", "50", "--top-p", "0.95",
                "--clip-high", "0.28",
                "--mask-truncated", "--log-completions", "2",
            ]
            let outcome = try run.reinforce("told", judge, more)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            let asked = try String(contentsOfFile: told, encoding: .utf8).split(separator: "\n")
            #expect(asked.count == 16 && asked.allSatisfy { $0.contains("\"fields\":{\"answer\":3") })
            #expect(asked.allSatisfy { $0.contains("\"token_ids\":[") && $0.contains("\"finished\":") })
            let steps = try outcome.steps()
            #expect(steps.count == 2 && (steps[0]["completions"] as? [[String: Any]])?.count == 2)
            #expect(steps[0]["unjudged"] as? Int == 1 && steps[0]["entropy"] as? Double ?? 0 > 0)
            let lineage = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: outcome.out + "/remit.json")))
            let options = try #require((lineage as? [String: Any])?["options"] as? [String: Any])
            #expect(options["top_k"] as? Int == 50 && options["top_p"] as? Double == 0.95)
            #expect(options["clip_high"] as? Double == 0.28 && options["masks_truncated"] as? Bool == true)
            let start = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: outcome.out + "/run.json")))
            let started = try #require(start as? [String: Any])
            #expect(started["command"] as? String == "reinforce" && started["student"] as? String == Demo.base)
            #expect((started["options"] as? [String: Any])?["top_k"] as? Int == 50)
            // Other answers are other prompts: such a run is another one.
            _ = try run.directory.write(
                "prompts/a.jsonl.gz", CompressionFormat.gzip.compress(Array(lines.replacing("35", with: "36").utf8)))
            let resumed = try run.reinforce("told", judge, more + ["--resume"])
            #expect(resumed.result.status == 1 && resumed.result.errors.contains("prompts (by fingerprint)"))
        }
    }
}
