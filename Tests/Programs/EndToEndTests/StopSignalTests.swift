import Foundation
import TestSupport
import Testing

/// Signals that stop a run: whichever it is, what was done is saved.
@Suite(.serialized) struct StopSignalTests {
    /// A run without end: whatever stops it comes before its last step.
    private func start(_ directory: TemporaryDirectory, prefix: String = "") throws -> Program {
        let corpus = try directory.write(
            "corpus.jsonl", Data((0..<40).map { "{\"text\": \"\($0) + 1 = \($0 + 1)\"}\n" }.joined().utf8))
        let arguments = [
            "anneal", "--student", Demo.base, "--corpus", corpus, "--out", directory.file("out"), "--weighting", "ntp",
            "--steps", "1000000", "--sequence-length", "16", "--batch-sequences", "1", "--save-every", "0",
        ]
        let program =
            prefix.isEmpty
            ? try Program(start: "remit-trainer", arguments)
            : try Program(
                start: "/bin/sh", ["-c", prefix + " exec \"$0\" \"$@\"", Program.folder + "/remit-trainer"] + arguments)
        _ = try program.waitFor("a step") { _ in steps(directory) > 0 ? true : nil }
        return program
    }

    private func steps(_ directory: TemporaryDirectory) -> Int {
        let log = FileManager.default.contents(atPath: directory.file("out/log.jsonl")) ?? Data()
        return log.count { $0 == UInt8(ascii: "\n") }
    }

    private func checkpoints(_ directory: TemporaryDirectory) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.file("out/checkpoints"))) ?? []).count
    }

    @Test(arguments: [[SIGINT], [SIGTERM], [SIGHUP], [SIGUSR1], [SIGINT, SIGINT], [SIGTERM, SIGINT]])
    func whatWasDoneIsSaved(_ signals: [Int32]) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let program = try start(directory)
            for signal in signals { program.signal(signal) }
            let result = try program.wait()
            #expect(result.status == 130, "\(result.errors)")
            #expect(checkpoints(directory) == 1 && result.errors.contains("--resume"), "\(result.errors)")
        }
    }

    /// As under nohup.
    @Test func whatWasIgnoredStaysIgnored() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let program = try start(directory, prefix: "trap '' HUP;")
            let before = steps(directory)
            program.signal(SIGHUP)
            _ = try program.waitFor("steps after the signal") { _ in steps(directory) > before + 3 ? true : nil }
            program.signal(SIGTERM)
            #expect(try program.wait().status == 130)
        }
    }
}
