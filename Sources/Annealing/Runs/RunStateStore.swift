import Checkpoints
import Digests
import Foundation
import Tensors
import Transformers

/// The checkpoints of a run: one file a step, each written whole or not at all, of which the last few are kept.
///
/// A file is safetensors: `student.NAME`, `first_moment.NAME` and `second_moment.NAME` in f32, and the state as JSON in the
/// metadata; so any safetensors library reads it.
package struct RunStateStore: Sendable {
    static let stateKey = "run_state"
    private static let suffix = ".safetensors"

    package let directory: String
    package let keep: Int

    package init(directory: String, keep: Int) {
        precondition(keep >= 1, "the last checkpoint is always kept")
        self.directory = directory
        self.keep = keep
    }

    /// Returns the file's path. On an error the older checkpoints are as they were.
    package func save(
        _ state: some ResumableState, student: TrainableTransformer, optimizer: AdamW
    ) throws -> String {
        let path = path(state.step)
        do {
            if mkdir(directory, 0o755) != 0, errno != EEXIST {
                throw AnnealingError.fileFailed(path: directory, reason: String(cString: strerror(errno)))
            }
            let json = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
            try SafetensorsWriter(Self.sources(student, optimizer), metadata: [Self.stateKey: json]).write(to: path)
        } catch {
            throw AnnealingError.checkpointFailed(reason: "\(error)", lastGood: (try? steps())?.last)
        }
        for old in try steps().dropLast(keep) { try? FileManager.default.removeItem(atPath: self.path(old)) }
        return path
    }

    /// The last checkpoint, or nil where there is none. Removes what a killed run left half-written.
    package func latest<State: ResumableState>(_ type: State.Type = RunState.self) throws -> SavedTraining<State>? {
        guard FileManager.default.fileExists(atPath: directory) else { return nil }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".tmp") {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        return try steps().last.map { try SavedTraining(path($0)) }
    }

    /// The run that `path` holds: its output directory, the folder of its checkpoints, or one of them.
    package static func savedRun(_ path: String) throws -> SavedRun {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw AnnealingError.fileFailed(path: path, reason: "no such file or directory")
        }
        guard isDirectory.boolValue else { return try SavedRun(path) }
        for folder in [path + "/checkpoints", path] {
            let store = RunStateStore(directory: folder, keep: 1)
            if let last = (try? store.steps())?.last { return try SavedRun(store.path(last)) }
        }
        throw AnnealingError.fileFailed(
            path: path, reason: "it holds no checkpoint of a run (checkpoints/step-*.safetensors)")
    }

    private func path(_ step: Int) -> String {
        let digits = String(step)
        return directory + "/step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + Self.suffix
    }

    private func steps() throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
            guard name.hasPrefix("step-"), name.hasSuffix(Self.suffix) else { return nil }
            return Int(name.dropFirst(5).dropLast(Self.suffix.count))
        }.sorted()
    }

    private static func sources(_ student: TrainableTransformer, _ optimizer: AdamW) -> [SafetensorsWriter.Source] {
        student.parameters.flatMap { parameter in
            [
                ("student.", student.values), ("first_moment.", optimizer.firstMoments.values),
                ("second_moment.", optimizer.secondMoments.values),
            ].map { prefix, arena in
                SafetensorsWriter.Source(
                    name: prefix + parameter.name, shape: parameter.shape,
                    floats: UnsafeBufferPointer(rebasing: arena[parameter.range]), as: .f32)
            }
        }
    }
}

/// What a kind of training keeps beside weights and moments.
package protocol ResumableState: Codable, Sendable {
    static var currentFormat: Int { get }
    var format: Int { get }
    /// Steps that are done.
    var step: Int { get }
    /// Updates that the optimizer made.
    var updates: Int { get }
}

extension RunState: ResumableState {}

package typealias SavedRun = SavedTraining<RunState>

/// A checkpoint of a run that was found.
package struct SavedTraining<State: ResumableState> {
    package let path: String
    package let state: State
    /// Of its state without the tensors: a run is a function of it.
    package let fingerprint: SHA256Digest
    private let file: SafetensorsFile

    init(_ path: String) throws {
        self.path = path
        file = try SafetensorsFile(path: path)
        guard let json = file.header.metadata[RunStateStore.stateKey] else {
            throw AnnealingError.damagedState(path: path, reason: "it has no run state")
        }
        fingerprint = Self.fingerprint(json)
        let data = Data(json.utf8)
        do {
            let format = try JSONDecoder().decode(StateFormat.self, from: data).format
            guard format == State.currentFormat else {
                throw AnnealingError.damagedState(
                    path: path, reason: "format \(format), this program reads \(State.currentFormat)")
            }
            state = try JSONDecoder().decode(State.self, from: data)
        } catch let error as AnnealingError {
            throw error
        } catch {
            throw AnnealingError.damagedState(path: path, reason: "its run state: \(error)")
        }
    }

    private static func fingerprint(_ json: String) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: json)
        return hasher.finalize()
    }

    /// Puts weights and moments back, bit for bit.
    package func restore(_ student: TrainableTransformer, _ optimizer: AdamW) throws {
        for parameter in student.parameters {
            try copy("student." + parameter.name, parameter.shape, to: student.values[parameter.range])
        }
        try restoreMoments(optimizer, of: student)
        student.parametersDidChange()
    }

    /// Puts the moments back, and the number of updates that made them: another run goes on with them.
    package func continueMoments(_ optimizer: AdamW, of student: TrainableTransformer) throws {
        let names = Set(file.header.entries.map(\.name).filter { $0.hasPrefix("first_moment.") })
        let expected = Set(student.parameters.map { "first_moment." + $0.name })
        if let odd = names.symmetricDifference(expected).sorted().first {
            throw AnnealingError.otherOptimizer(
                path: path, reason: "\(names.contains(odd) ? "it has" : "it lacks") \(odd)")
        }
        do {
            try restoreMoments(optimizer, of: student)
        } catch AnnealingError.damagedState(_, let reason) {
            throw AnnealingError.otherOptimizer(path: path, reason: reason)
        }
    }

    private func restoreMoments(_ optimizer: AdamW, of student: TrainableTransformer) throws {
        for parameter in student.parameters {
            for (prefix, arena) in [
                ("first_moment.", optimizer.firstMoments.values), ("second_moment.", optimizer.secondMoments.values),
            ] {
                try copy(prefix + parameter.name, parameter.shape, to: arena[parameter.range])
            }
        }
        optimizer.updates = state.updates
    }

    private func copy(_ name: String, _ shape: [Int], to target: Slice<UnsafeMutableBufferPointer<Float>>) throws {
        guard let entry = file.entry(name), entry.elementType == .f32, entry.shape == shape else {
            throw AnnealingError.damagedState(path: path, reason: "expected \(name) of shape \(shape) in F32")
        }
        file.withBytes(of: entry) { bytes in
            UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target)).copyMemory(from: bytes)
        }
    }
}

private struct StateFormat: Decodable {
    let format: Int
}
