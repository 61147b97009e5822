import Checkpoints
import Digests
import Glibc
import JSONValues
import System
import Tensors

/// A folder of packed models (`PackedModelFile`): one for each model directory, precision and kernel path. A file that is stale or
/// damaged is made anew; where none can be written the model is packed into memory, and `report` says why.
package struct PackedModelCache: Sendable {
    /// A file that is being written has been written to since then.
    private static let leftoverSeconds = 3600
    private let directory: String
    private let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - directory: made where it is not there yet.
    ///   - report: told what a person should know, in a line.
    package init(_ directory: String, report: @escaping @Sendable (String) -> Void) {
        self.directory = directory
        self.report = report
    }

    /// A checkpoint's parameters from its packed file, which is made where there is none, and the model's fingerprint.
    ///
    /// - Returns: nil where the file cannot be had.
    /// - Throws: what is wrong with the checkpoint.
    func parameters(
        _ architecture: TransformerArchitecture, _ parameters: [Parameter], _ checkpoint: Checkpoint,
        precision: Precision, workers: WorkerPool
    ) throws -> (source: any ParameterSource, fingerprint: SHA256Digest)? {
        let origin = PackedModelDescription.Origin(
            files: checkpoint.openedState.hex, configuration: try Self.numericFields(of: checkpoint),
            precision: precision.rawValue,
            kernelPath: workers.path.name(for: precision.format))
        let path = path(of: checkpoint.directory, origin)
        func mapped() throws -> (any ParameterSource, SHA256Digest) {
            let file = try PackedModelFile(path, expecting: origin, threads: workers.threads)
            guard let fingerprint = SHA256Digest(hex: file.description.origin.modelFingerprint) else {
                throw PackedModelFile.Unusable(description: "it has no fingerprint")
            }
            return (PackedParameters(file: file, format: precision.format, path: workers.path), fingerprint)
        }
        do {
            return try mapped()
        } catch let error as PackedModelFile.Unusable {
            report("\(path) is made anew: \(error)")
        } catch let error as SystemError where error.code == ENOENT {
            report("packing \(checkpoint.directory) into \(path)")
        } catch let error as SystemError {
            report("\(path) is not used: \(error)")
            return nil
        }
        do {
            try Directory.create(directory)
            try AtomicFile.removeLeftovers(of: path, olderThan: Self.leftoverSeconds)
            try PackedModelFile.write(
                path, origin, architecture, parameters,
                from: CheckpointParameters(checkpoint: checkpoint, format: precision.format, workers: workers))
            return try mapped()
        } catch let error as SystemError {
            report(
                "\(path) cannot be kept, the model is packed into memory: \(error) (what starts that were ended left is hidden: \(directory)/.*.tmp)"
            )
        } catch let error as PackedModelFile.Unusable {
            report("\(path) cannot be used, the model is packed into memory: \(error)")
        }
        return nil
    }

    private static func numericFields(of checkpoint: Checkpoint) throws -> String {
        var fields = JSONObject()
        for (key, value) in try ModelFamilies.numericFields(of: checkpoint) { fields[key: key] = value }
        return String(decoding: JSONValue.object(fields).canonical, as: UTF8.self)
    }

    private func path(of model: String, _ origin: PackedModelDescription.Origin) -> String {
        var hasher = SHA256Hasher()
        hasher.update(field: ModelDirectory.canonicalPath(model))
        for field in [origin.configuration, origin.precision, origin.kernelPath] { hasher.update(field: field) }
        let name = model.split(separator: "/").last.map(String.init) ?? "model"
        return "\(directory)/\(name)-\(origin.precision)-\(hasher.finalize().hex.prefix(16)).packed"
    }
}

/// Parameters of a packed file, which stays mapped as long as one of them is in use.
private struct PackedParameters: ParameterSource {
    let file: PackedModelFile
    let format: MatrixFormat
    let path: KernelPath

    func matrix(_ parameter: Parameter) throws -> PackedMatrix {
        try PackedMatrix(
            outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: path,
            viewing: buffer(
                parameter,
                byteCount: PackedMatrix.byteCount(
                    outputs: parameter.shape[0], inputs: parameter.shape[1], format: format, path: path)))
    }

    func vector(_ parameter: Parameter) throws -> TensorBuffer {
        try buffer(parameter, byteCount: parameter.range.count * MemoryLayout<Float>.stride)
    }

    private func buffer(_ parameter: Parameter, byteCount: Int) throws -> TensorBuffer {
        let (bytes, owner) = try file.bytes(parameter.name)
        guard bytes.count == byteCount, let base = bytes.baseAddress else {
            throw PackedModelFile.Unusable(description: "\(parameter.name) has \(bytes.count) bytes, not \(byteCount)")
        }
        return TensorBuffer(
            viewing: base.assumingMemoryBound(to: Float.self), count: byteCount / MemoryLayout<Float>.stride,
            keeping: owner)
    }
}
