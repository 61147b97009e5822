import Annealing
import Foundation
import TestSupport
import Testing

struct ResumeTests {
    private func tiny() throws -> TinyRun {
        let run = try TinyRun(steps: 7)
        run.options.evaluateEvery = 2
        run.saveEvery = 2
        return run
    }

    @Test(arguments: [(1, 1), (2, 2), (1, 2), (2, 1)])
    func anInterruptedRunEndsWithTheSameBits(_ before: Int, _ after: Int) throws {
        let run = try tiny()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        let first = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: before, heldOut: true, stopAfter: 3)
        #expect(first.interrupted)
        #expect(first.steps.count == 3)
        let second = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: after, heldOut: true, resume: true)
        #expect(second.weights == whole.weights)
        #expect(second.log == whole.log)
        #expect(!second.interrupted)
    }

    /// A killed run leaves a log that is ahead of its last checkpoint, half a line, and a half-written checkpoint.
    @Test func aKilledRunEndsWithTheSameBits() throws {
        let run = try tiny()
        run.keep = 10
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true)
        let path = run.directory.file("run")
        let checkpoints = path + "/checkpoints"
        for step in [4, 6, 7] {
            try FileManager.default.removeItem(atPath: checkpoints + "/step-0000000\(step).safetensors")
        }
        try Data("half".utf8).write(to: URL(fileURLWithPath: checkpoints + "/.step-00000004.safetensors.1-a.tmp"))
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/log.jsonl"))
        try log.seekToEnd()
        try log.write(contentsOf: Data(#"{"kind":"step","loss":1."#.utf8))
        try log.close()

        let resumed = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        #expect(resumed.weights == whole.weights)
        #expect(resumed.log == whole.log)
        #expect(try FileManager.default.contentsOfDirectory(atPath: checkpoints).allSatisfy { !$0.hasSuffix(".tmp") })
    }

    @Test func onlyTheLastCheckpointsAreKept() throws {
        let run = try tiny()
        _ = try run.run("run", teacher: ModelTeacher(seed: 9))
        let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("run/checkpoints")).sorted()
        #expect(names == ["step-00000006.safetensors", "step-00000007.safetensors"])
    }

    @Test func aRunThatIsDoneResumesToItself() throws {
        let run = try tiny()
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9))
        #expect(try run.run("run", teacher: ModelTeacher(seed: 9), resume: true).weights == whole.weights)
    }

    @Test func changedOptionsAreRefused() throws {
        let run = try tiny()
        let was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        run.options.schedule.peak = 0.5
        var now = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        #expect {
            try was.checkResumable(by: now, allowNumericsChange: true)
        } throws: { error in
            guard case AnnealingError.changedOnResume("the option schedule.peak", "0.01", "0.5", _) = error else {
                return false
            }
            return true
        }
        now = was
        now.inputs.teacher = "other"
        #expect {
            try was.checkResumable(by: now, allowNumericsChange: true)
        } throws: { error in
            guard case AnnealingError.changedOnResume("the teacher (by fingerprint)", "none", "other", _) = error else {
                return false
            }
            return true
        }
        now = was
        now.kernelPath = "avx2+fma"
        #expect(throws: AnnealingError.self) { try was.checkResumable(by: now, allowNumericsChange: false) }
        try was.checkResumable(by: now, allowNumericsChange: true)
    }

    @Test func aDirectoryIsUsedByOneRunAtATime() throws {
        let directory = try TemporaryDirectory()
        let first = try RunDirectory(directory.file("out"))
        #expect(throws: AnnealingError.runInUse(path: first.path)) { try RunDirectory(first.path) }
        withExtendedLifetime(first) {}
    }
}
