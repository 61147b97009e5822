import Annealing
import Checkpoints
import Foundation
import System
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// Checkpoints of a run that were damaged: each is named before a step is made, and the one before it goes on.
struct CheckpointDamageTests {
    private let run: TinyRun
    private var checkpoints: String { run.directory.file("run/checkpoints") }
    private var store: RunStateStore { RunStateStore(directory: checkpoints, keep: 2) }

    /// Checkpoints of the steps 6 and 7.
    init() throws {
        run = try TinyRun(steps: 7)
        run.saveEvery = 2
        run.options.evaluateEvery = 3
        _ = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true)
    }

    private func file(_ step: Int) -> String { checkpoints + "/step-0000000\(step).safetensors" }

    private func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    private func edit(_ step: Int, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try contents(file(step))
        change(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: file(step)))
    }

    /// Weights and moments that a checkpoint gives.
    private func restored(_ saved: SavedRun) throws -> [[Float]] {
        let student = try TinyRun.student()
        let optimizer = AdamW(run.options.optimizer, for: student, workers: WorkerPool(threads: 1))
        try saved.restore(student, optimizer)
        return withExtendedLifetime((student, optimizer)) {
            [Array(student.values), Array(optimizer.firstMoments.values), Array(optimizer.secondMoments.values)]
        }
    }

    private func expectRefused(whole: Int? = 6) {
        #expect {
            _ = try store.latest(RunState.self)
        } throws: { error in
            guard case TrainingError.damagedCheckpoint(file(7), _, whole) = error else { return false }
            return whole == nil || "\(error)".contains("--resume-from \(whole ?? 0)")
        }
    }

    /// Bits all over the header, which holds the state, and at many places of the tensors.
    @Test func noBitTurnsUnseen() throws {
        let saved = try #require(try store.latest(RunState.self))
        let sound = try restored(saved)
        let whole = try contents(file(7))
        let header = whole.count - 3 * 4 * sound[0].count
        for at in Array(stride(from: 0, to: header, by: 7)) + Array(stride(from: header, to: whole.count, by: 251)) {
            try edit(7) {
                $0 = whole; $0[at] ^= 1 << UInt8(at % 8)
            }
            do {
                let found = try #require(try store.latest(RunState.self))
                let isSame = try found.state == saved.state && found.log == saved.log && restored(found) == sound
                #expect(isSame, "byte \(at)")
            } catch TrainingError.damagedCheckpoint(_, _, 6) {}
        }
        try edit(7) { $0 = whole }
        #expect(try store.latest(RunState.self)?.state == saved.state)
    }

    @Test(arguments: ["moment", "metadata", "zeros", "cut", "longer", "empty", "tensors swapped", "name"])
    func whatIsDamagedIsNamedWithTheOneThatWorks(_ damage: String) throws {
        switch damage {
        case "moment": try edit(7) { for at in 1...3 { $0[$0.count - 4096 * at] ^= 1 } }
        case "metadata":
            // A number of the state that stays a number.
            try edit(7) { bytes in
                let at = bytes.firstRange(of: Array(#"\"updates\":"#.utf8))?.upperBound ?? 0
                bytes[at] ^= 1
            }
        case "zeros":
            try edit(7) {
                $0.replaceSubrange(($0.count - 8192)..<($0.count - 4096), with: repeatElement(0, count: 4096))
            }
        case "cut": try edit(7) { $0.removeLast(4) }
        case "longer": try edit(7) { $0 += [0, 0, 0, 0] }
        case "empty": try edit(7) { $0 = [] }
        case "tensors swapped":
            let (header, path) = (try SafetensorsHeader(reading: OpenFile(path: file(7))), file(7))
            let names = ["first_moment.", "second_moment."].map { $0 + "lm_head.weight" }
            let ranges = try names.map { name in
                let range = try #require(header.entry(name), "\(path)").byteRange
                return range.lowerBound + header.dataOffset..<range.upperBound + header.dataOffset
            }
            try edit(7) { for (a, b) in zip(ranges[0], ranges[1]) { $0.swapAt(a, b) } }
        default:
            // Whole, but of another step.
            try edit(7) { $0 = (try? contents(file(6))) ?? [] }
        }
        expectRefused()
        #expect(throws: TrainingError.self) { try RunStateStore.savedRun(run.directory.file("run")) }
        try edit(6) { $0.removeLast() }
        expectRefused(whole: nil)
    }

    @Test func theRunGoesOnFromTheOneBefore() throws {
        run.keep = 10
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        let path = run.directory.file("whole/checkpoints")
        let damaged = path + "/step-00000007.safetensors"
        try Data(try contents(damaged).dropLast(40) + repeatElement(0, count: 40)).write(
            to: URL(fileURLWithPath: damaged))
        #expect(throws: TrainingError.self) {
            try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        }
        #expect {
            try run.run("whole", teacher: ModelTeacher(seed: 9), resumeFrom: 3)
        } throws: { error in
            guard case TrainingError.noCheckpoint(_, 3, [2, 4, 6, 7]) = error else { return false }
            return true
        }
        for step in [6, 2] {
            let again = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true, resumeFrom: step)
            let isSame = again.weights == whole.weights
            #expect(isSame && again.log == whole.log)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(names.count { $0.hasSuffix(".set-aside") } == 3)
    }

    /// Until now a damaged line cut the rest of the log off, without a word.
    @Test func aDamagedLogIsRefused() throws {
        let log = run.directory.file("run/log.jsonl")
        var bytes = try contents(log)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: log))
        #expect {
            try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        } throws: { error in
            guard case TrainingError.damagedLog(log, _) = error else { return false }
            return "\(error)".contains("move it away")
        }
        #expect(try contents(log) == bytes)
        try FileManager.default.removeItem(atPath: log)
        #expect(try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true).steps.isEmpty)
    }

    /// As they were saved until now.
    @Test func aCheckpointWithoutDigestsIsRead() throws {
        let saved = try #require(try store.latest(RunState.self))
        let sound = try restored(saved)
        let old = try SafetensorsFile(path: file(7))
        let sources = try old.header.entries.map { entry in
            SafetensorsWriter.Source(
                name: entry.name, elementType: entry.elementType, shape: entry.shape,
                bytes: try old.withBytes(of: entry) { Array($0) })
        }
        try SafetensorsWriter(sources, metadata: old.header.metadata.filter { $0.key == "run_state" }).write(
            to: file(7))
        let found = try #require(try store.latest(RunState.self))
        let isSame = try restored(found) == sound
        #expect(isSame && found.state == saved.state && !found.hasDigests && saved.hasDigests)
        #expect(try !run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true).interrupted)
    }
}
