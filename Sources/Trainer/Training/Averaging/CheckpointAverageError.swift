/// Why checkpoints have no mean.
package enum CheckpointAverageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A field of config.json that changes numbers differs between two of them; `none` where it is absent.
    case otherConfiguration(field: String, first: String, has: String, other: String, got: String)
    /// A tensor that only one of two checkpoints has.
    case otherTensors(name: String, has: String, lacks: String)
    /// Two of them have different tokenizers, by fingerprint.
    case otherTokenizer(first: String, has: String, other: String, got: String)
    /// A tensor whose mean is not finite: a checkpoint holds infinities or NaN.
    case notFinite(tensor: String)

    package var description: String {
        switch self {
        case .otherConfiguration(let field, let first, let has, let other, let got):
            "the checkpoints are of different architectures: \(field) is \(has) in \(first) and \(got) in \(other)"
        case .otherTensors(let name, let has, let lacks):
            "the checkpoints are of different architectures: \(name) is in \(has) and not in \(lacks)"
        case .otherTokenizer(let first, let has, let other, let got):
            "the checkpoints have different tokenizers: \(first) has \(has), \(other) has \(got). Average students of one lineage"
        case .notFinite(let tensor):
            "the mean of \(tensor) is not finite: one of the checkpoints holds infinities or NaN there"
        }
    }
}
