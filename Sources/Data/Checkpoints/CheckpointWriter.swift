import Glibc
import JSONValues
import System

/// Writes a checkpoint that transformers loads, with the digests of its tensors. Each file is written atomically, the tensors (or their index) before the
/// configuration, and shards that take the place of others while there is none: a directory with a `config.json` holds the tensors of one writing,
/// all of them.
package struct CheckpointWriter: Sendable {
    /// Beyond this many bytes the tensors are cut into shards; one larger tensor is a shard of its own.
    package var maxShardBytes: Int

    /// Most bytes of tensors in a shard unless said: as transformers has it.
    package static let standardShardBytes = 5_000_000_000

    package init(maxShardBytes: Int = Self.standardShardBytes) {
        precondition(maxShardBytes > 0)
        self.maxShardBytes = maxShardBytes
    }

    /// Writes tensors and config.json to `directory`, which is made if it is not there. Shards are filled in the order of `sources`.
    /// Tensors that the same model was written as before, in other shards or in one file, are removed.
    ///
    /// - Throws: `SystemError`.
    package func write(_ sources: [SafetensorsWriter.Source], configuration: JSONObject, to directory: String) throws {
        try Directory.create(directory)
        let shards = shards(sources)
        if shards.count == 1 {
            try Self.writer(shards[0]).write(to: directory + "/" + Checkpoint.tensorsFileName)
            try Self.removeTensors(in: directory, except: [Checkpoint.tensorsFileName])
        } else {
            try writeShards(shards, to: directory)
        }
        try AtomicFile.write(
            directory + "/" + Checkpoint.configurationFileName, contents: JSONValue.object(configuration).indented)
    }

    private func writeShards(_ shards: [[SafetensorsWriter.Source]], to directory: String) throws {
        var map = JSONObject()
        var totalBytes = 0
        func name(_ at: Int) -> String {
            "model-\(Self.fiveDigits(at + 1))-of-\(Self.fiveDigits(shards.count)).safetensors"
        }
        if shards.indices.contains(where: { FileIdentity(directory + "/" + name($0))?.isRegular ?? false }) {
            try Self.removeConfiguration(in: directory)
        }
        for (at, shard) in shards.enumerated() {
            let name = name(at)
            try Self.writer(shard).write(to: directory + "/" + name)
            for source in shard {
                map[key: source.name] = .string(name)
                totalBytes += source.byteCount
            }
        }
        let index: JSONObject = [
            "metadata": .object(["total_size": .integer(totalBytes)]), "weight_map": .object(map),
        ]
        try AtomicFile.write(directory + "/" + ShardIndex.fileName, contents: JSONValue.object(index).indented)
        // An older single file would be read instead of the shards.
        try Self.removeTensors(in: directory, except: Set(shards.indices.map { name($0) } + [ShardIndex.fileName]))
    }

    /// New shards beside old ones would be loaded as a model where the writing ends among them.
    private static func removeConfiguration(in directory: String) throws {
        guard try remove(directory + "/" + Checkpoint.configurationFileName) else { return }
        try Directory.synchronize(directory)
    }

    /// False where there is nothing of that name.
    @discardableResult
    private static func remove(_ path: String) throws -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw SystemError("remove", path) }
        return false
    }

    /// Removes what the same model was written as before, in shards of another size or in one file.
    private static func removeTensors(in directory: String, except kept: Set<String>) throws {
        for name in try Directory.names(in: directory) {
            let holdsTensors = [Checkpoint.tensorsFileName, ShardIndex.fileName].contains(name) || isShard(name)
            guard holdsTensors, !kept.contains(name) else { continue }
            try remove(directory + "/" + name)
        }
    }

    /// model-00001-of-00002.safetensors
    private static func isShard(_ name: String) -> Bool {
        name.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil
    }

    private func shards(_ sources: [SafetensorsWriter.Source]) -> [[SafetensorsWriter.Source]] {
        var shards: [[SafetensorsWriter.Source]] = [[]]
        var filled = 0
        for source in sources {
            if filled + source.byteCount > maxShardBytes && !shards[shards.count - 1].isEmpty {
                shards.append([])
                filled = 0
            }
            shards[shards.count - 1].append(source)
            filled += source.byteCount
        }
        return shards
    }

    private static func writer(_ sources: [SafetensorsWriter.Source]) -> SafetensorsWriter {
        SafetensorsWriter(sources, metadata: ["format": "pt"], digests: true)
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
