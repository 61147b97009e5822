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
}

/// A flywheel's directory, and a script that runs its stages.
struct Trainer {
    let directory: TemporaryDirectory
    /// Spelling of the flywheel's directory, absolute or not.
    var out: String

    init(_ script: String) throws {
        directory = try TemporaryDirectory()
        out = directory.file("out")
        try directory.write("trainer.sh", Array(script.utf8))
    }

    func runner() -> StageRunner {
        StageRunner(
            FlywheelPaths(out),
            trainer: FlywheelProgram(path: "/bin/sh", leadingArguments: [directory.file("trainer.sh")]),
            stop: StopFlag(),
            progress: FlywheelProgress([], jobs: 1), onStage: { _ in })
    }
}
