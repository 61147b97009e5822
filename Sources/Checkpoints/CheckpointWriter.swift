import Glibc
import JSONValues

/// Writes a checkpoint that transformers loads. Each file is written atomically, the weights (or their index) before the
/// configuration, so that a directory with a `config.json` is whole if it was empty before.
package struct CheckpointWriter: Sendable {
    /// Beyond this many bytes of tensors the weights are cut into shards; one larger tensor is a shard of its own.
    package var maxShardBytes: Int

    package init(maxShardBytes: Int = 5_000_000_000) {
        precondition(maxShardBytes > 0)
        self.maxShardBytes = maxShardBytes
    }

    /// Creates `directory` if it is not there. Shards are filled in the order of `sources`.
    package func write(_ sources: [SafetensorsWriter.Source], configuration: JSONObject, to directory: String) throws {
        if mkdir(directory, 0o755) != 0 && errno != EEXIST { throw FileError("create the directory", directory) }
        let shards = shards(sources)
        if shards.count == 1 {
            try Self.writer(shards[0]).write(to: directory + "/" + Checkpoint.weightsFileName)
        } else {
            try writeShards(shards, to: directory)
        }
        try AtomicFile.write(
            directory + "/" + Checkpoint.configurationFileName, contents: JSONValue.object(configuration).indented)
    }

    private func writeShards(_ shards: [[SafetensorsWriter.Source]], to directory: String) throws {
        var map = JSONObject()
        var totalBytes = 0
        for (at, shard) in shards.enumerated() {
            let name = "model-\(Self.fiveDigits(at + 1))-of-\(Self.fiveDigits(shards.count)).safetensors"
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
        if unlink(directory + "/" + Checkpoint.weightsFileName) != 0 && errno != ENOENT {
            throw FileError("remove", directory + "/" + Checkpoint.weightsFileName)
        }
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
        SafetensorsWriter(sources, metadata: ["format": "pt"])
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
