import JSONValues

/// What is wrong with a checkpoint directory whose single files are well formed.
package enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A path that leads to something else than a directory.
    case notADirectory(path: String)
    /// A directory without safetensors; `hint` names a model of another form that it has, or is empty.
    case noWeights(directory: String, expected: [String], hint: String)
    /// A `model.safetensors.index.json` that is not the JSON expected.
    case invalidIndex(file: String, reason: JSONError)
    /// A shard in the index whose name could lead out of the directory, or is no .safetensors file's.
    case unsafeShardName(file: String, tensor: String, got: String)
    /// A shard of the index that is not beside it.
    case missingShard(file: String, shard: String)
    /// A tensor that stands in another shard than the index says.
    case tensorInWrongShard(file: String, tensor: String, expected: String, got: String)
    /// A tensor of the index that its shard does not have.
    case tensorNotInShard(file: String, tensor: String, shard: String)
    /// A tensor of a shard that the index does not list.
    case tensorNotInIndex(file: String, tensor: String, shard: String)
    /// A tensor that is asked for and that no file of the checkpoint holds.
    case missingTensor(directory: String, tensor: String)
    /// A tensor of a type that cannot be read as floats.
    case wrongElementType(file: String, tensor: String, expected: [ElementType], got: ElementType)
    /// A tensor of another shape than its reader expects.
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
