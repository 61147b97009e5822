import Flywheel
import Foundation
import System
import TestSupport
import Testing

/// Stages as shell scripts in place of `remit-trainer`.
@Suite(.serialized) struct StageRunnerTests {
    /// A stage waits for its server for ever; the flywheel does not wait for a stage whose server has ended.
    @Test func aStageIsNotWaitedForWhoseServerHasEnded() async throws {
        try await onThread {
            let trainer = try Trainer("trap 'exit 3' TERM; echo up >> \"$1\"; while :; do sleep 0.01; done")
            let calls = trainer.directory.file("calls")
            let server = try ChildProcess("/bin/sh", ["-c", "while [ ! -s '\(calls)' ]; do sleep 0.01; done; exit 7"])
            let ended = { (end: ChildProcess.End) in
                FlywheelError.serverEnded(status: end.shellStatus, log: "log", lastLine: "out of memory")
            }
            #expect(throws: ended(.status(7))) {
                try trainer.runner().run(Stage("base-1/taught", [calls])) { server.end.map(ended) }
            }
            #expect(try !trainer.runner().isDone(Stage("base-1/taught", [calls])))
        }
    }

    /// What a stage says of a server that is away is not the reason; one that needed it no more is done.
    @Test(arguments: [(3, false), (0, true)]) func theServersEndIsTheReason(_ status: Int, _ isDone: Bool) async throws
    {
        try await onThread {
            let trainer = try Trainer("trap '' TERM; echo up > \"$1\"; sleep 0.05; exit \(status)")
            let up = trainer.directory.file("up")
            let reason = FlywheelError.serverEnded(status: 137, log: "log", lastLine: "")
            let stage = Stage("base-1/taught", [up])
            var thrown: FlywheelError?
            do {
                try trainer.runner().run(stage) { FileManager.default.fileExists(atPath: up) ? reason : nil }
            } catch let error as FlywheelError {
                thrown = error
            }
            #expect(thrown == (isDone ? nil : reason))
            #expect(try trainer.runner().isDone(stage) == isDone)
        }
    }

    /// What was removed, because it was damaged or as the error said, is made again; what is there is not.
    @Test func aStageWhoseOutputIsGoneIsDoneAnew() async throws {
        try await onThread {
            let trainer = try Trainer("echo \"$@\" >> \"$0.calls\"; echo output")
            let output = trainer.directory.file("out/base-1/remit.evaluation.json")
            let stage = Stage("base-1/remit/evaluation", ["evaluate"], output: output)
            for _ in 1...2 { try trainer.runner().run(stage) }
            #expect(try trainer.calls() == ["evaluate"] && trainer.runner().isDone(stage))
            try FileManager.default.removeItem(atPath: output)
            #expect(try !trainer.runner().isDone(stage))
            for _ in 1...2 { try trainer.runner().run(stage) }
            #expect(try trainer.calls() == ["evaluate", "evaluate"])
            #expect(try String(contentsOfFile: output, encoding: .utf8) == "output\n")
        }
    }

    /// A run that was cut off is resumed, also where it was done once: nothing of the one whose log is gone goes into it.
    @Test func aRunWhoseLogIsGoneBeginsAnew() async throws {
        try await onThread {
            let trainer = try Trainer(
                """
                echo "$1" >> "$0.calls"
                mkdir -p "$1" && echo step >> "$1/log.jsonl"
                [ -e "$1/checkpoint" ] || { touch "$1/checkpoint"; exit 1; }
                """)
            let run = trainer.directory.file("out/run")
            let stage = Stage(
                "base-1/remit", [run], isResumable: true, replaces: run, leaves: [run + "/log.jsonl"])
            func finish() throws {
                #expect(throws: FlywheelError.self) { try trainer.runner().run(stage) }
                for _ in 1...2 { try trainer.runner().run(stage) }
                #expect(try String(contentsOfFile: run + "/log.jsonl", encoding: .utf8) == "step\nstep\n")
            }
            try finish()
            #expect(try trainer.calls().count == 2)
            try FileManager.default.removeItem(atPath: run + "/log.jsonl")
            try finish()
            #expect(try trainer.calls().count == 4)
        }
    }

    /// A flywheel's directory may be typed otherwise, and moved; records of before hold it as it was typed then.
    @Test(arguments: [nil, "elsewhere", "/old/place", "./", "OUT"]) func aDirectoryIsKnownByAnyName(_ old: String?)
        async throws
    {
        try await onThread {
            let trainer = try Trainer(#"echo "$1" >> "$0.calls"; mkdir -p "$3/base-1"; touch "$3/base-1/corpus.jsonl""#)
            func run(_ name: String) throws {
                let out = trainer.directory.file(name)
                let corpus = out + "/base-1/corpus.jsonl"
                let stage = Stage("base-1/corpus", ["tasks", "--out", out + "/", "--corpus", corpus], leaves: [corpus])
                try trainer.runner(in: out).run(stage)
            }
            try run("out")
            let marker = trainer.directory.file("out/stages/base-1.corpus.json")
            let data = try Data(contentsOf: URL(fileURLWithPath: marker))
            var record = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let words = try #require(record["arguments"] as? [String])
            #expect(words == ["tasks", "--out", "OUT/", "--corpus", "OUT/base-1/corpus.jsonl"])
            if let old {
                record["arguments"] = words.map { $0.replacing("OUT/", with: old + "/") }
                try JSONSerialization.data(withJSONObject: record).write(to: URL(fileURLWithPath: marker))
            }
            try run("./out")
            try FileManager.default.moveItem(
                atPath: trainer.directory.file("out"), toPath: trainer.directory.file("moved"))
            try run("moved")
            #expect(try trainer.calls() == ["tasks"])
        }
    }

    @Test(arguments: [
        (["pretrain", "--steps", "20", "--resume"], "--steps", "10", "20"),
        (["anneal", "--steps", "10", "--resume"], "the command", "pretrain", "anneal"),
        (["pretrain", "--steps", "10"], "--resume", "given", "none"),
        (["pretrain", "--steps", "10", "--rate", "1", "2", "--resume"], "--rate", "none", "1 2"),
    ]) func anotherArgumentIsNamed(_ arguments: [String], _ argument: String, _ was: String, _ now: String) async throws
    {
        try await onThread {
            let trainer = try Trainer("exit 0")
            try trainer.runner().run(Stage("base-1/run", ["pretrain", "--steps", "10", "--resume"]))
            try trainer.runner().run(Stage("base-1/run", ["pretrain", "--resume", "--steps", "10"]))
            let expected = FlywheelError.otherArguments(
                stage: "base-1/run", argument: argument, was: was, now: now,
                record: trainer.out + "/stages/base-1.run.json")
            #expect(throws: expected) { try trainer.runner().run(Stage("base-1/run", arguments)) }
        }
    }

    /// Of a finished flywheel there need be nothing but the plan and its parts, and no stage is looked at.
    @Test func aFinishedFlywheelRunsNothing() async throws {
        try await onThread {
            var parts = try Parts()
            parts.plan.seeds = [3, 4]
            for seed in parts.plan.seeds { _ = try parts.write(seed, in: "out/parts") { _ in 0.5 } }
            let out = parts.directory.file("out")
            let none = FlywheelProgram(path: "/bin/false")
            let results = try FlywheelRun(
                parts.plan, out: out, programs: FlywheelRun.Programs(trainer: none, server: none), vocabularySize: 32,
                jobs: 2, version: "0.1.0", stop: StopFlag(), onStage: { Issue.record("\($0)") }
            ).run()
            #expect(results.origins?.map(\.seed) == [3, 4])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: out).sorted() == [
                    "parts", "plan.json", "results.json",
                ])
        }
    }

    /// Whatever a stage of a plan makes, the flywheel looks whether it is there.
    @Test(arguments: FlywheelPreset.allCases) func everyStageLeavesSomething(_ preset: FlywheelPreset) throws {
        for stage in FlywheelStages(try preset.plan(families: ["addition"]), FlywheelPaths("out")).all {
            #expect(!stage.leaves.isEmpty && stage.leaves.allSatisfy { $0.hasPrefix("out/") }, "\(stage.name)")
            #expect(!stage.isResumable || stage.replaces != nil, "\(stage.name)")
        }
    }
}

/// A flywheel's directory, and a script that runs its stages.
struct Trainer {
    let directory: TemporaryDirectory
    /// The flywheel's directory.
    let out: String

    init(_ script: String) throws {
        directory = try TemporaryDirectory()
        out = directory.file("out")
        try directory.write("trainer.sh", Array(script.utf8))
    }

    /// First line of each call's arguments, where the script writes them to `$0.calls`.
    func calls() throws -> [String] {
        let text = try String(contentsOfFile: directory.file("trainer.sh.calls"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    func runner(in out: String? = nil) -> StageRunner {
        StageRunner(
            FlywheelPaths(out ?? self.out),
            trainer: FlywheelProgram(path: "/bin/sh", leadingArguments: [directory.file("trainer.sh")]),
            stop: StopFlag(),
            progress: FlywheelProgress([], jobs: 1), onStage: { _ in })
    }
}
