import Checkpoints
import Coding
import Foundation
import System
import Tensors
import Transformers

/// The checkpoints of a run: one file a step, each written whole or not at all, of which the last few are kept.
///
/// A file is safetensors: `student.NAME`, `first_moment.NAME`, `second_moment.NAME` and, where a moving average is kept, `ema.NAME` in
/// f32, and in the metadata the state and the mark of the log as JSON and the digests of all of it; so any safetensors library reads it.
package struct RunStateStore: Sendable {
    static let (stateKey, logKey) = ("run_state", "log")
    private static let suffix = ".safetensors"

    /// Folder of the checkpoints, created when the first one is saved.
    package let directory: String
    /// How many checkpoints a save leaves, those of the latest steps; 1 or more.
    package let keep: Int

    /// `keep` is 1 or more: the last checkpoint always stays.
    package init(directory: String, keep: Int) {
        precondition(keep >= 1, "the last checkpoint is always kept")
        self.directory = directory
        self.keep = keep
    }

    /// Writes the checkpoint of the state's step, then removes all but the last `keep`. Returns the file's path.
    ///
    /// - Parameter log: the mark of the run's log, which was made to last before.
    /// - Throws: `TrainingError.checkpointFailed`; `.nonFiniteStudent`, since a run cannot go on from such a one: the older checkpoints
    ///   are as they were.
    package func save(
        _ state: some ResumableState, log: LogMark, student: TrainableTransformer, optimizer: AdamW
    ) throws -> String {
        let path = path(state.step)
        if let parameter = Self.nonFinite(student, optimizer) {
            throw TrainingError.nonFiniteStudent(step: state.step, parameter: parameter, lastGood: (try? steps())?.last)
        }
        do {
            try Directory.create(directory)
            let metadata = [
                Self.stateKey: try StateCoding.state.text(state), Self.logKey: try StateCoding.state.text(log),
            ]
            try SafetensorsWriter(Self.sources(student, optimizer), metadata: metadata, digests: true).write(to: path)
        } catch {
            throw TrainingError.checkpointFailed(reason: "\(error)", lastGood: (try? steps())?.last)
        }
        for old in try steps().dropLast(keep) { try? FileManager.default.removeItem(atPath: self.path(old)) }
        return path
    }

    /// The step of the last checkpoint, which is not opened; nil where there is none.
    package func lastStep() throws -> Int? {
        FileManager.default.fileExists(atPath: directory) ? try steps().last : nil
    }

    /// Removes what a killed run left half-written: temporary files of checkpoints, and nothing else.
    func removeHalfWritten() { AtomicFile.removeLeftovers(in: directory) { Self.step(ofFile: $0) != nil } }

    /// The last step below `step` that has a checkpoint, which is not opened; nil where there is none, or it cannot be seen.
    func lastStep(before step: Int) -> Int? { (try? steps())?.last { $0 < step } }

    /// The last checkpoint, every byte of it checked; nil where there is none.
    ///
    /// - Throws: `TrainingError.damagedCheckpoint`, with the last one before it that is whole.
    package func latest<State: ResumableState>(_ type: State.Type) throws -> SavedTraining<State>? {
        try lastStep().map { try saved(type, step: $0) }
    }

    /// The checkpoint of a step, every byte of it checked.
    ///
    /// - Throws: `TrainingError.noCheckpoint` where the step has none; `.otherKind` where another command's run is there;
    ///   `.damagedCheckpoint`, with the last one before it that is whole.
    package func saved<State: ResumableState>(_ type: State.Type, step: Int) throws -> SavedTraining<State> {
        let steps = FileManager.default.fileExists(atPath: directory) ? try steps() : []
        guard steps.contains(step) else {
            throw TrainingError.noCheckpoint(directory: directory, step: step, found: steps)
        }
        do {
            return try Self.training(path(step), step: step)
        } catch let error as TrainingError where error.isOtherKind {
            throw error
        } catch {
            let whole = steps.last {
                $0 < step && (try? Self.training(path($0), step: $0) as SavedTraining<State>) != nil
            }
            throw TrainingError.damagedCheckpoint(path: path(step), reason: "\(error)", whole: whole)
        }
    }

    /// Throws also where a file stands under another step's name.
    private static func training<State: ResumableState>(_ path: String, step: Int) throws -> SavedTraining<State> {
        let saved = try SavedTraining<State>(path)
        guard saved.state.step == step else {
            throw TrainingError.damagedState(path: path, reason: "it is the checkpoint of step \(saved.state.step)")
        }
        return saved
    }

    /// Renames the checkpoints after a step, so that the run that goes on from it is not mistaken for the one that made them. Returns
    /// their new paths.
    ///
    /// - Throws: `TrainingError.fileFailed`.
    package func setAside(after step: Int) throws -> [String] {
        let later = try steps().filter { $0 > step }.map(path)
        for path in later {
            do {
                try AtomicFile.move(path, to: path + RunDirectory.setAsideSuffix)
            } catch {
                throw TrainingError.fileFailed(path: path, reason: error.reason)
            }
        }
        if !later.isEmpty { try Directory.synchronize(directory) }
        return later.map { $0 + RunDirectory.setAsideSuffix }
    }

    /// The last checkpoint of the run that is at a path: its output directory, the folder of its checkpoints, or one of them.
    ///
    /// - Throws: `TrainingError.fileFailed` where there is none, and what a damaged one throws.
    package static func savedTraining<State: ResumableState>(
        _ type: State.Type, at path: String
    ) throws -> SavedTraining<State> {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw TrainingError.fileFailed(path: path, reason: "no such file or directory")
        }
        guard isDirectory.boolValue else { return try SavedTraining(path) }
        for folder in [path + "/checkpoints", path] {
            let store = RunStateStore(directory: folder, keep: 1)
            if let last = (try? store.steps())?.last { return try store.saved(type, step: last) }
        }
        throw TrainingError.fileFailed(
            path: path, reason: "it holds no checkpoint of a run (checkpoints/step-*.safetensors)")
    }

    private func path(_ step: Int) -> String {
        let digits = String(step)
        return directory + "/step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + Self.suffix
    }

    private func steps() throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: directory).compactMap(Self.step(ofFile:)).sorted()
    }

    /// nil where the name is no checkpoint's.
    private static func step(ofFile name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(suffix) else { return nil }
        return Int(name.dropFirst(5).dropLast(suffix.count))
    }

    /// What a checkpoint has of each parameter: the prefix of its name in the file, and the arena that holds it.
    static func arenas(
        _ student: TrainableTransformer, _ optimizer: AdamW
    ) -> [(prefix: String, values: UnsafeMutableBufferPointer<Float>)] {
        [("student.", student.values)] + optimizerArenas(optimizer)
            + (optimizer.movingAverage.map { [("ema.", $0.values)] } ?? [])
    }

    /// What another run can go on with: the moments alone.
    static func optimizerArenas(_ optimizer: AdamW) -> [(prefix: String, values: UnsafeMutableBufferPointer<Float>)] {
        [("first_moment.", optimizer.firstMoments.values), ("second_moment.", optimizer.secondMoments.values)]
    }

    /// Name of the first parameter that, or whose moments or moving average, are not all finite.
    private static func nonFinite(_ student: TrainableTransformer, _ optimizer: AdamW) -> String? {
        student.parameters.first { parameter in
            // A sum of zeros times each: infinity times zero is NaN.
            arenas(student, optimizer).contains { _, arena in
                !UnsafeBufferPointer(arena)[parameter.range].reduce(Float(0)) { $0 + $1 * 0 }.isFinite
            }
        }?.name
    }

    private static func sources(_ student: TrainableTransformer, _ optimizer: AdamW) -> [SafetensorsWriter.Source] {
        student.parameters.flatMap { parameter in
            arenas(student, optimizer).map { prefix, arena in
                SafetensorsWriter.Source(
                    name: prefix + parameter.name, shape: parameter.shape,
                    floats: UnsafeBufferPointer(rebasing: arena[parameter.range]), as: .f32)
            }
        }
    }
}
