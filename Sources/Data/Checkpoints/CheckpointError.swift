import JSONValues

/// What is wrong with a checkpoint directory whose single files are well formed.
package enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    case notADirectory(path: String)
    case noWeights(directory: String, expected: [String], hint: String)
    case invalidIndex(file: String, reason: JSONError)
    case unsafeShardName(file: String, tensor: String, got: String)
    case missingShard(file: String, shard: String)
    case tensorInWrongShard(file: String, tensor: String, expected: String, got: String)
    case tensorNotInShard(file: String, tensor: String, shard: String)
    case tensorNotInIndex(file: String, tensor: String, shard: String)
    case missingTensor(directory: String, tensor: String)
    case wrongElementType(file: String, tensor: String, expected: [ElementType], got: ElementType)
    case wrongShape(file: String, tensor: String, expected: [Int], got: [Int])

    package var description: String {
        switch self {
        case .notADirectory(let path): "\(path): expected a directory with config.json and model.safetensors"
        case .noWeights(let directory, let expected, let hint):
            "\(directory): no weights: expected \(expected.joined(separator: " or "))\(hint.isEmpty ? "" : "; " + hint)"
        case .invalidIndex(let file, let reason): "\(file): not a shard index: \(reason)"
        case .unsafeShardName(let file, let tensor, let got):
            "\(file): tensor \(tensor): expected a .safetensors file beside the index, got \(got)"
        case .missingShard(let file, let shard): "\(file): names the shard \(shard), which is not beside it"
        case .tensorInWrongShard(let file, let tensor, let expected, let got):
            "\(file): tensor \(tensor): expected in \(expected), got it in \(got)"
        case .tensorNotInShard(let file, let tensor, let shard):
            "\(file): tensor \(tensor): expected in \(shard), which does not have it"
        case .tensorNotInIndex(let file, let tensor, let shard):
            "\(file): does not list tensor \(tensor), which is in \(shard)"
        case .missingTensor(let directory, let tensor): "\(directory): tensor \(tensor) is missing"
        case .wrongElementType(let file, let tensor, let expected, let got):
            "\(file): tensor \(tensor): expected \(expected.map(\.rawValue).joined(separator: " or ")), "
                + "got \(got.rawValue)"
        case .wrongShape(let file, let tensor, let expected, let got):
            "\(file): tensor \(tensor): expected shape \(expected), got \(got)"
        }
    }
}
