import Foundation
import TestSupport
import Testing

/// Runs whose weights a program of one's own makes.
@Suite(.serialized) struct WeightingProgramRunTests {
    /// The method itself, in Python of the standard library. It ends with status 3 when it is asked for the (`ASKED` + 1)th time.
    private static let remit = """
        from json import dumps, loads
        from math import exp
        from os import environ
        from sys import exit, stdin
        left = int(environ.get("ASKED", 1000))
        for line in stdin:
            left -= 1
            if left < 0:
                exit(3)
            rows = []
            for s in loads(line)["sequences"]:
                at = [t for t, scored in enumerate(s["scored"]) if scored]
                delta = {t: s["teacher_logprobs"][t] - s["student_logprobs"][t] for t in at}
                mean = sum(delta.values()) / len(at) if at else 0
                weights = [0] * len(s["scored"])
                for t in at:
                    weights[t] = min(max(2 / (1 + exp(mean - delta[t])), 0.8), 1.2)
                rows.append(weights)
            print(dumps({"weights": rows}), flush=True)
        """

    private func program(_ run: TrainerRun, _ text: String = remit) throws -> [String] {
        ["--weighting", "program=python3 '\(try run.directory.write("w.py", Array(text.utf8)))'"]
    }

    @Test func theMethodWrittenAnewIsTheMethod() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let program = try program(run)
            let built = try run.anneal("built-in", server: server.url)
            let own = try run.anneal("own", server: server.url, program)
            #expect(own.result.status == 0, "\(own.result.errors)")
            for field in ["loss", "weighted_loss", "mean_weight"] {
                for (ours, theirs) in zip(try own.values(field), try built.values(field)) {
                    #expect(abs(ours - theirs) < 1e-6 * abs(theirs), "\(field): \(ours), \(theirs)")
                }
            }
            let lineage = try String(contentsOfFile: own.out + "/remit.json", encoding: .utf8)
            #expect(lineage.contains(/"weighting" ?: "program"/) && lineage.contains("w.py"))
            let doctor = try Program.run(
                "remit-trainer", ["doctor"] + run.arguments("d", servers: [server.url]).dropFirst() + program)
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
        }
    }

    /// Weights that are the entropies: their mean is that of what the server says of the same tokens.
    @Test func aProgramReadsTheTeachersEntropies() async throws {
        let rule = """
            from json import dumps, loads
            from sys import stdin
            for line in stdin:
                asked = loads(line)["sequences"]
                for s in asked:
                    assert [e is None for e in s["teacher_entropy"]] == [p is None for p in s["teacher_logprobs"]]
                rows = [s["teacher_entropy"] for s in asked]
                print(dumps({"weights": rows, "needs": ["teacher_entropy"]}), flush=True)
            """
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let program = try program(run, rule)
            let whole = try run.anneal("whole", server: server.url, program)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            #expect(try whole.values("mean_weight").allSatisfy { $0 > 0.1 && $0 < 3 })
            let cut = try run.anneal("cut", server: server.url, ["--micro-batch-sequences", "1"] + program)
            for (ours, theirs) in zip(try cut.values("mean_weight"), try whole.values("mean_weight")) {
                #expect(abs(ours - theirs) < 1e-6)
            }
            let doctor = try Program.run(
                "remit-trainer", ["doctor"] + run.arguments("d", servers: [server.url]).dropFirst() + program)
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
            let alone = try run.anneal("alone", server: nil, program)
            #expect(alone.result.status == 1 && alone.result.errors.contains("the run has no teacher"))
        }
    }

    @Test func aWeightingNeedsNoTeacher() async throws {
        try await onThread {
            let run = try TrainerRun()
            let rule = """
                from json import dumps, loads
                from sys import stdin
                for line in stdin:
                    asked = loads(line)["sequences"]
                    assert all("teacher_logprobs" not in s for s in asked)
                    rows = [[0 if p is None else float(p < -1) for p in s["student_logprobs"]] for s in asked]
                    print(dumps({"weights": rows}), flush=True)
                """
            let outcome = try run.anneal("alone", server: nil, try program(run, rule))
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(try outcome.values("mean_weight").allSatisfy { $0 > 0 && $0 < 1 })
        }
    }

    /// What was done is kept, and goes on with the bits of a run that was not disturbed.
    @Test func aProgramThatFailsLeavesAStateToResume() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 100)
            let server = try LiveServer(model: Demo.teacher)
            let program = try program(run)
            let expected = try run.anneal(
                "undisturbed", server: server.url, steps: 6, ["--micro-batch-sequences", "8"] + program)
            func arguments(_ name: String, _ more: [String]) -> [String] {
                run.arguments(name, servers: [server.url], steps: 6) + ["--micro-batch-sequences", "8"] + more
            }
            // Once before the first step, then for each.
            let failed = try Program.run(
                "remit-trainer", arguments("run", program), environment: ["ASKED": "4"])
            #expect(failed.status == 1 && failed.errors.contains("ended with status 3"), "\(failed.errors)")
            #expect(try Outcome.steps(in: run.directory.file("run")).count == 3)
            let other = try Program.run(
                "remit-trainer", arguments("run", ["--resume", "--weighting", "program=cat"]))
            #expect(other.status == 1, "\(other.errors)")
            let resumed = Outcome(
                result: try Program.run("remit-trainer", arguments("run", ["--resume"] + program)),
                out: run.directory.file("run"))
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == expected.weightsFile())

            let changed = try Program.run(
                "remit-trainer", arguments("run", ["--resume"] + ["--weighting", try self.program(run)[1] + " "]))
            #expect(changed.status == 1 && changed.errors.contains("the option program"), "\(changed.errors)")
        }
    }

    @Test func whatIsNoProgramIsFoundBeforeTheCorpusIsRead() async throws {
        try await onThread {
            let run = try TrainerRun()
            for (command, status, message) in [
                ("program=", 64, "lacks its command"), ("program=/nowhere/w 2>/dev/null", 1, "ended with status 127"),
                ("program=cat", 1, "it has no \"weights\""),
            ] as [(String, Int32, String)] {
                let outcome = try run.anneal("x", server: nil, ["--weighting", command])
                #expect(outcome.result.status == status, "\(command): \(outcome.result.errors)")
                #expect(outcome.result.errors.contains(message), "\(outcome.result.errors)")
                #expect(!FileManager.default.fileExists(atPath: outcome.out + "/tokens"))
            }
            let weights = try Program.run(
                "remit-trainer",
                ["weights", "--server", "http://127.0.0.1:9", "--text", "a", "--weighting", "program=cat"])
            #expect(weights.status == 64 && weights.errors.contains("the server weighs here"), "\(weights.errors)")
        }
    }
}
