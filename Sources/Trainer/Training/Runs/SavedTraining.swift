import Checkpoints
import Coding
import Digests
import Foundation
import System
import Tensors
import Transformers

/// A checkpoint of a run that was found, every byte of it checked. What is restored is read, not mapped, and checked again where it
/// then lies.
package struct SavedTraining<State: ResumableState> {
    /// File of the checkpoint.
    package let path: String
    /// All of the run's state but parameters and moments.
    package let state: State
    /// Mark of the log when the checkpoint was saved; nil in checkpoints of before there were marks.
    package let log: LogMark?
    /// SHA-256 of the state as it was written, without the tensors: a run is a function of it.
    package let fingerprint: SHA256Digest
    private let file: OpenFile
    private let header: SafetensorsHeader
    private let digests: TensorDigests?

    /// Whether the checkpoint has digests. False: it was saved before there were any, and nothing but its shape and state could be
    /// checked.
    package var hasDigests: Bool { digests != nil }

    init(_ path: String) throws {
        self.path = path
        file = try OpenFile(path: path)
        header = try SafetensorsHeader(reading: file)
        digests = try TensorDigests(header, source: path)
        let known = [RunStateStore.stateKey, RunStateStore.logKey, TensorDigests.metadataKey]
        if let odd = header.metadata.keys.sorted().first(where: { !known.contains($0) }) {
            throw TrainingError.damagedState(
                path: path, reason: "its metadata has the field \(odd.prefix(80).debugDescription)")
        }
        guard let json = header.metadata[RunStateStore.stateKey] else {
            throw TrainingError.damagedState(path: path, reason: "it has no run state")
        }
        fingerprint = Self.fingerprint(json)
        if let kind = RunKind(ofState: json), kind != State.kind {
            throw TrainingError.otherKind(path: path, is: kind, expected: State.kind)
        }
        do {
            let format = try StateCoding.state.value(StateFormat.self, from: json.utf8).format
            guard format == State.currentFormat else {
                throw TrainingError.damagedState(
                    path: path, reason: "format \(format), this program reads \(State.currentFormat)")
            }
            state = try StateCoding.state.value(from: json.utf8)
            log = try header.metadata[RunStateStore.logKey].map { try StateCoding.state.value(from: $0.utf8) }
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.damagedState(path: path, reason: "its run state: \(error)")
        }
        try digests.map(checkTensors)
    }

    private func checkTensors(_ digests: TensorDigests) throws {
        for entry in header.entries {
            let start = header.dataOffset + entry.byteRange.lowerBound
            try digests.check(file.digest(of: start..<start + entry.byteRange.count), of: entry.name)
        }
    }

    private static func fingerprint(_ json: String) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: json)
        return hasher.finalize()
    }

    /// Puts parameters, moments, moving average and the number of updates back, bit for bit.
    ///
    /// - Throws: `TrainingError.damagedState` where a tensor of the student is not there in its shape, `SafetensorsError.damaged`
    ///   where a digest does not hold.
    package func restore(_ student: TrainableTransformer, _ optimizer: AdamW) throws {
        try copy(RunStateStore.arenas(student, optimizer), of: student)
        optimizer.updates = state.updates
        student.parametersDidChange()
    }

    /// Puts the moments back, and the number of updates that made them: another run goes on with them. The parameters stay as they are.
    ///
    /// - Throws: `TrainingError.otherOptimizer` where the student has other parameters.
    package func continueMoments(_ optimizer: AdamW, of student: TrainableTransformer) throws {
        let names = Set(header.entries.map(\.name).filter { $0.hasPrefix("first_moment.") })
        let expected = Set(student.parameters.map { "first_moment." + $0.name })
        if let odd = names.symmetricDifference(expected).sorted().first {
            throw TrainingError.otherOptimizer(
                path: path, reason: "\(names.contains(odd) ? "it has" : "it lacks") \(odd)")
        }
        do {
            try copy(RunStateStore.optimizerArenas(optimizer), of: student)
            optimizer.updates = state.updates
        } catch TrainingError.damagedState(_, let reason) {
            throw TrainingError.otherOptimizer(path: path, reason: reason)
        }
    }

    private func copy(
        _ arenas: [(prefix: String, values: UnsafeMutableBufferPointer<Float>)], of student: TrainableTransformer
    ) throws {
        for parameter in student.parameters {
            for (prefix, arena) in arenas {
                try copy(prefix + parameter.name, parameter.shape, to: arena[parameter.range])
            }
        }
    }

    private func copy(_ name: String, _ shape: [Int], to target: Slice<UnsafeMutableBufferPointer<Float>>) throws {
        guard let entry = header.entry(name), entry.elementType == .f32, entry.shape == shape else {
            throw TrainingError.damagedState(path: path, reason: "expected \(name) of shape \(shape) in F32")
        }
        let memory = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target))
        try file.read(header.dataOffset + entry.byteRange.lowerBound, into: memory)
        try digests?.check(SHA256Hasher.digest(UnsafeRawBufferPointer(memory)), of: name)
    }
}

private struct StateFormat: Decodable {
    let format: Int
}
