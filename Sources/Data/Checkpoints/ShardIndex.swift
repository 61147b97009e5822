import JSONValues
import System

/// A `model.safetensors.index.json`: which shard holds which tensor.
struct ShardIndex: Sendable {
    static let fileName = "model.safetensors.index.json"

    let file: String
    let shardOfTensor: [String: String]

    var shardNames: [String] { Set(shardOfTensor.values).sorted() }

    init(contentsOf path: String) throws {
        file = path
        let bytes = try MappedFile.contents(ofFile: path)
        try GitLFSPointer.refuse(bytes, of: path)
        var shardOfTensor: [String: String] = [:]
        do {
            try JSONReader.read(bytes) { reader in
                let keys = try reader.object { reader, key in
                    guard key == "weight_map" else {
                        try reader.skip()  // metadata: total_size and whatever else was put there
                        return
                    }
                    try reader.object { reader, tensor in
                        let shard = try reader.string()
                        guard Self.isPlainFileName(shard) else {
                            throw CheckpointError.unsafeShardName(
                                file: path, tensor: tensor, got: shard.shortened(toBytes: 200))
                        }
                        shardOfTensor[tensor] = shard
                    }
                }
                guard keys.contains("weight_map") else { throw reader.missingField("weight_map") }
            }
        } catch let error as JSONError {
            throw CheckpointError.invalidIndex(file: path, reason: error)
        }
        self.shardOfTensor = shardOfTensor
    }

    /// A name that cannot lead out of the directory.
    private static func isPlainFileName(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/"))
            && !name.utf8.contains(0)
    }
}
