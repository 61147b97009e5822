import Digests
import Glibc
import JSONValues
import System

/// A Hugging Face model directory: `config.json`, and the parameters as `model.safetensors` or in shards with their index
/// (the single file is taken where both exist, as transformers does). Tensors are read where they are asked for; everything about
/// them that can be wrong short of the numbers has been checked once this exists.
package final class Checkpoint: Sendable {
    static let configurationFileName = "config.json"
    static let tensorsFileName = "model.safetensors"
    /// Bytes of a tensor that are in memory at a time where it is read as f32: a multiple of every element's size.
    package static let pieceBytes = 16 << 20

    /// Path of the model directory, as given.
    package let directory: String
    /// config.json as it was read; the fields to be ignored count as absent in it.
    package let configuration: ConfigurationObject
    /// Names of all tensors of all shards, ascending by their UTF-8 bytes.
    package let tensorNames: [String]  // sorted by their bytes
    private let shards: [SafetensorsFile]
    private let shardOfTensor: [String: Int]
    /// Digests of tensors as they were read: what is fingerprinted is what was read, and nobody need hash it again.
    let checked = Locked<[String: SHA256Digest]>([:])
    /// Whether tensors hold the same values, once they have been compared.
    let compared = Locked<[[String]: Bool]>([:])

    /// Opens a model directory: reads config.json and the headers of the tensors, and compares these with the shard index if there is
    /// one.
    ///
    /// - Parameters:
    ///   - ignored: fields of config.json that count as absent.
    ///   - check: is shown config.json before the tensors are looked for.
    /// - Throws: `ModelDirectoryError` for what is no model by itself, `ConfigurationError`, `CheckpointError`, `SafetensorsError`.
    package init(
        directory: String, ignoring ignored: Set<String> = [], check: (ConfigurationObject) throws -> Void = { _ in }
    ) throws {
        try ModelDirectory.check(directory)
        self.directory = directory
        configuration = try ConfigurationObject(contentsOf: directory + "/" + Self.configurationFileName)
            .ignoring(ignored)
        try check(configuration)
        shards = try Self.openShards(directory)
        var shardOfTensor: [String: Int] = [:]
        for (at, shard) in shards.enumerated() {
            for entry in shard.header.entries { shardOfTensor[entry.name] = at }
        }
        self.shardOfTensor = shardOfTensor
        tensorNames = shardOfTensor.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Digest of the tensor files' names and of what they were when they were opened. Another one is had by opening the directory again once
    /// somebody has written to a file or put another in its place; what this checkpoint reads stays that of its own.
    package var openedState: SHA256Digest {
        var hasher = SHA256Hasher()
        for shard in shards {
            hasher.update(field: String(shard.path.split(separator: "/").last ?? ""))
            for number in shard.state.numbers { hasher.update(littleEndian: number) }
        }
        return hasher.finalize()
    }

    /// Type, shape and place of a tensor; nil where the checkpoint has none of that name.
    package func entry(_ name: String) -> SafetensorsHeader.Entry? {
        shardOfTensor[name].flatMap { shards[$0].header.entry(name) }
    }

    /// Hands a tensor's bytes to `body` as they are in the file: little-endian, not compared with a digest.
    ///
    /// - Throws: `CheckpointError.missingTensor`, `SafetensorsError.changedWhileRead`, `SystemError`, and what `body` throws.
    package func withBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let (shard, entry) = try location(name)
        return try shard.withBytes(of: entry, body)
    }

    /// Hands a tensor's bytes to `body` as `withBytes` does, but piece by piece.
    func forEachPiece(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let (shard, entry) = try location(name)
        try shard.forEachPiece(of: entry, atMost: Self.pieceBytes) { try body($1) }
    }

    /// Hands the bytes of an F32, BF16 or F16 tensor, and their type, to `body` as they are in the file: little-endian, compared with the
    /// file's digest where it has one, and hashed for the fingerprint.
    ///
    /// - Throws: `CheckpointError` where the tensor is missing or of another type, `SafetensorsError.damaged`,
    ///   `SafetensorsError.changedWhileRead`, `SystemError`, and what `body` throws.
    package func withCheckedBytes<Result>(
        _ name: String, _ body: (UnsafeRawBufferPointer, ElementType) throws -> Result
    ) throws -> Result {
        let (shard, entry) = try location(name)
        try requireFloats(entry, name, in: shard)
        return try shard.withBytes(of: entry) { bytes in
            try hash(bytes, name, shard.digests)
            return try body(bytes, entry.elementType)
        }
    }

    /// Fills `target` with an F32, BF16 or F16 tensor as f32, exactly. `target.count` is the product of `shape`.
    ///
    /// - Parameter hashing: whether the bytes are hashed for the fingerprint in any case, not only where the file has digests.
    /// - Throws: `CheckpointError` where the tensor is missing or of another shape or type, `SafetensorsError.damaged` where the file
    ///   has digests and the bytes are not those that were written, `SafetensorsError.changedWhileRead`, `SystemError`.
    package func read(
        _ name: String, shape: [Int], hashing: Bool = false, into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        precondition(target.count == shape.reduce(1, *), "\(target.count) floats are not \(shape)")
        try forEachPiece(name, shape, atMost: Self.pieceBytes, hashing: hashing) { offset, bytes, type in
            let first = offset / type.byteCount
            ElementConversion.widen(
                bytes, of: type,
                into: UnsafeMutableBufferPointer(rebasing: target[first..<first + bytes.count / type.byteCount]))
        }
    }

    /// Hands the rows of an F32, BF16 or F16 matrix to `body` as f32, exactly, some at a time and in order, hashed for the fingerprint: of
    /// the tensor little more than these rows is in memory. A digest is compared behind the last: what was handed out before is not to be
    /// used where this throws.
    ///
    /// - Parameters:
    ///   - shape: [rows, columns], neither 0.
    ///   - rows: at a time, but for the last; more than 0.
    ///   - body: takes the number of its first row and the rows, which are good until it is done with them. [rows, columns]
    /// - Throws: as `read` does, and what `body` throws.
    package func readRows(
        _ name: String, shape: [Int], atMost rows: Int,
        _ body: (_ first: Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        precondition(shape.count == 2, "rows of a matrix")
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(rows, shape[0]) * shape[1])
        defer { values.deallocate() }
        let elements = entry(name)?.elementType.byteCount ?? 1
        try forEachPiece(name, shape, atMost: rows * shape[1] * elements, hashing: true) { offset, bytes, type in
            let piece = UnsafeMutableBufferPointer(rebasing: values[..<(bytes.count / type.byteCount)])
            ElementConversion.widen(bytes, of: type, into: piece)
            try body(offset / type.byteCount / shape[1], UnsafeBufferPointer(piece))
        }
    }

    private func forEachPiece(
        _ name: String, _ shape: [Int], atMost pieceBytes: Int, hashing: Bool,
        _ body: (_ offset: Int, UnsafeRawBufferPointer, ElementType) throws -> Void
    ) throws {
        let (shard, entry) = try location(name)
        guard entry.shape == shape else {
            throw CheckpointError.wrongShape(file: shard.path, tensor: name, expected: shape, got: entry.shape)
        }
        try requireFloats(entry, name, in: shard)
        let isHashed = hashing || shard.digests != nil
        var hasher = SHA256Hasher()
        try shard.forEachPiece(of: entry, atMost: pieceBytes) { offset, bytes in
            if isHashed { hasher.update(bytes) }
            try body(offset, bytes, entry.elementType)
        }
        if isHashed { try note(hasher.finalize(), name, shard.digests) }
    }

    private func requireFloats(_ entry: SafetensorsHeader.Entry, _ name: String, in shard: SafetensorsFile) throws {
        guard ElementConversion.widenable.contains(entry.elementType) else {
            throw CheckpointError.wrongElementType(
                file: shard.path, tensor: name, expected: ElementConversion.widenable, got: entry.elementType)
        }
    }

    private func hash(_ bytes: UnsafeRawBufferPointer, _ name: String, _ digests: TensorDigests?) throws {
        try note(SHA256Hasher.digest(bytes), name, digests)
    }

    private func note(_ digest: SHA256Digest, _ name: String, _ digests: TensorDigests?) throws {
        try digests?.check(digest, of: name)
        checked.withLock { $0[name] = digest }
    }

    func location(_ name: String) throws -> (SafetensorsFile, SafetensorsHeader.Entry) {
        guard let at = shardOfTensor[name], let entry = shards[at].header.entry(name) else {
            throw CheckpointError.missingTensor(directory: directory, tensor: name)
        }
        return (shards[at], entry)
    }
}

extension Checkpoint {
    private static func openShards(_ directory: String) throws -> [SafetensorsFile] {
        let single = directory + "/" + tensorsFileName
        let index = directory + "/" + ShardIndex.fileName
        if exists(single) { return [try SafetensorsFile(path: single)] }
        guard exists(index) else {
            let others = [
                "pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.safetensors", "model.gguf",
            ]
            let hint = others.first { exists(directory + "/" + $0) }.map { "\($0) must be saved as safetensors" } ?? ""
            throw CheckpointError.noWeights(
                directory: directory, expected: [tensorsFileName, ShardIndex.fileName], hint: hint)
        }
        return try openShards(directory, ShardIndex(contentsOf: index))
    }

    private static func openShards(_ directory: String, _ index: ShardIndex) throws -> [SafetensorsFile] {
        let names = index.shardNames
        let shards = try names.map { name in
            let path = directory + "/" + name
            guard exists(path) else { throw CheckpointError.missingShard(file: index.file, shard: name) }
            return try SafetensorsFile(path: path)
        }
        for (name, shard) in zip(names, shards) {
            for entry in shard.header.entries {
                guard let expected = index.shardOfTensor[entry.name] else {
                    throw CheckpointError.tensorNotInIndex(file: index.file, tensor: entry.name, shard: name)
                }
                guard expected == name else {
                    throw CheckpointError.tensorInWrongShard(
                        file: index.file, tensor: entry.name, expected: expected, got: name)
                }
            }
        }
        let headers = Dictionary(uniqueKeysWithValues: zip(names, shards.map(\.header)))
        for (tensor, name) in index.shardOfTensor.sorted(by: { $0.key < $1.key })
        where headers[name]?.entry(tensor) == nil {
            throw CheckpointError.tensorNotInShard(file: index.file, tensor: tensor, shard: name)
        }
        return shards
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
