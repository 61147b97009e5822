import Checkpoints
import Corpora
import Digests
import JSONValues
import System
import Transformers

/// The weighted mean of the parameters of several checkpoints of one architecture and one tokenizer: what mid-training recipes end with,
/// over the anneals of several seeds (OLMo 2, 2025).
///
///     mean = sum of share_i * x_i        share_i = weight_i / sum of the weights
///
/// Each element is summed in f64, in the order of the checkpoints, and rounded to f32 once: the mean of equal checkpoints is the
/// checkpoint.
package struct CheckpointAverage {
    /// Directories of the checkpoints, as they were given.
    package let paths: [String]
    /// Part that each checkpoint has in the mean; their sum is 1.
    package let shares: [Double]
    private let checkpoints: [Checkpoint]
    private let text: TextFiles
    private let shapes: [(name: String, shape: [Int])]

    /// Opens the checkpoints and compares what can be compared without their parameters.
    ///
    /// - Parameters:
    ///   - paths: two Hugging Face directories or more; the first gives config.json and the tokenizer's files.
    ///   - weights: one for each path, above 0; nil: all count alike.
    /// - Throws: `CheckpointAverageError` for what differs, and what a checkpoint that cannot be read throws.
    package init(_ paths: [String], weights: [Double]? = nil) throws {
        let weights = weights ?? paths.map { _ in 1 }
        precondition(paths.count > 1 && weights.count == paths.count, "a weight for each of two checkpoints or more")
        precondition(weights.allSatisfy { $0 > 0 && $0.isFinite }, "weights are positive")
        self.paths = paths
        let total = weights.reduce(0, +)
        shares = weights.map { $0 / total }
        let opened = try paths.map { try Checkpoint(model: $0) }
        text = try TextFiles(directory: paths[0])
        for other in opened.dropFirst() { try Self.compare(opened[0], other) }
        checkpoints = opened
        shapes = opened[0].tensorNames.map { ($0, opened[0].entry($0)?.shape ?? []) }
    }

    /// Number of the parameters of each checkpoint.
    package var parameterCount: Int { shapes.reduce(0) { $0 + Self.count($1.shape) } }

    /// Writes the mean with the first checkpoint's configuration and tokenizer, as a run writes its student; `remit.json` is last.
    ///
    /// Memory: the parameters as they are written, and one tensor of each checkpoint.
    ///
    /// - Parameters:
    ///   - directory: is there, and holds no model.
    ///   - elementType: F32 or BF16.
    ///   - version: of the program, for `remit.json`.
    ///   - stop: looked at before each tensor.
    ///   - onProgress: told the share of the parameters that is done.
    /// - Throws: `CheckpointAverageError.notFinite`, `TrainingError.interrupted`, what a damaged checkpoint throws, and what stops the
    ///   writing, as a full disk.
    package func write(
        to directory: String, elementType: ElementType, maxShardBytes: Int, version: String, stop: StopFlag,
        onProgress: (Double) -> Void
    ) throws {
        let width = elementType.byteCount
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, parameterCount * width), alignment: 64)
        defer { memory.deallocate() }
        var sources: [SafetensorsWriter.Source] = []
        var done = 0
        for (name, shape) in shapes {
            try stop.throwIfRequested()
            let count = Self.count(shape)
            let target = UnsafeMutableRawBufferPointer(rebasing: memory[done * width..<(done + count) * width])
            try mean(name, count, to: elementType, into: target)
            sources.append(
                SafetensorsWriter.Source(
                    name: name, elementType: elementType, shape: shape, memory: UnsafeRawBufferPointer(target)))
            done += count
            onProgress(Double(done) / Double(max(1, parameterCount)))
        }
        let configuration = try ModelFamilies.exportedFields(
            ModelFamilies.configuration(of: checkpoints[0]), elementType: elementType)
        try StudentExport(text: text, elementType: elementType, maxShardBytes: maxShardBytes)
            .write(lineage: try lineage(version), to: directory) {
                try CheckpointWriter(maxShardBytes: maxShardBytes).write(sources, configuration: configuration, to: $0)
            }
    }

    private func lineage(_ version: String) throws -> AverageLineage {
        AverageLineage(
            version: version,
            checkpoints: try zip(paths, zip(checkpoints, shares)).map { path, member in
                AverageLineage.Member(path: path, share: member.1, fingerprint: try member.0.modelFingerprint().hex)
            })
    }

    private func mean(
        _ name: String, _ count: Int, to type: ElementType, into target: UnsafeMutableRawBufferPointer
    ) throws {
        try withTensors(name, of: checkpoints[...], []) { tensors in
            let piece = 1 << 16
            var (sums, values) = ([Double](repeating: 0, count: piece), [Float](repeating: 0, count: piece))
            for start in stride(from: 0, to: count, by: piece) {
                let range = start..<min(start + piece, count)
                for index in 0..<range.count { sums[index] = 0 }
                for (tensor, share) in zip(tensors, shares) {
                    tensor.widen(range, into: &values)
                    for index in 0..<range.count { sums[index] += share * Double(values[index]) }
                }
                for index in 0..<range.count { values[index] = Float(sums[index]) }
                guard values[..<range.count].reduce(Float(0), { $0 + $1 * 0 }).isFinite else {
                    throw CheckpointAverageError.notFinite(tensor: name)
                }
                let bytes = range.lowerBound * type.byteCount..<range.upperBound * type.byteCount
                values.withUnsafeBufferPointer {
                    ElementConversion.narrow(
                        UnsafeBufferPointer(rebasing: $0[..<range.count]), to: type,
                        into: UnsafeMutableRawBufferPointer(rebasing: target[bytes]))
                }
            }
        }
    }

    /// Hands one tensor of all checkpoints to `body`, in their order.
    private func withTensors(
        _ name: String, of rest: ArraySlice<Checkpoint>, _ found: [FloatTensor], _ body: ([FloatTensor]) throws -> Void
    ) throws {
        guard let first = rest.first else { return try body(found) }
        try first.withCheckedBytes(name) { bytes, type in
            try withTensors(name, of: rest.dropFirst(), found + [FloatTensor(bytes: bytes, type: type)], body)
        }
    }

    private static func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }
}

/// Floats of one checkpoint, as they lie in its file.
private struct FloatTensor {
    let bytes: UnsafeRawBufferPointer
    let type: ElementType

    func widen(_ range: Range<Int>, into target: inout [Float]) {
        let place = range.lowerBound * type.byteCount..<range.upperBound * type.byteCount
        target.withUnsafeMutableBufferPointer {
            ElementConversion.widen(
                UnsafeRawBufferPointer(rebasing: bytes[place]), of: type,
                into: UnsafeMutableBufferPointer(rebasing: $0[..<range.count]))
        }
    }
}
