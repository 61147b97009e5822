import Checkpoints
import Corpora
import Digests
import JSONValues
import Tokenizers
import Transformers

extension CheckpointAverage {
    /// Throws where two checkpoints differ in what decides a model beside its parameters: the fields of config.json that change numbers,
    /// the tensors' names and shapes, the tokenizer.
    static func compare(_ first: Checkpoint, _ other: Checkpoint) throws {
        let fields = try (ModelFamilies.numericFields(of: first), ModelFamilies.numericFields(of: other))
        for field in Set(fields.0.keys).union(fields.1.keys).sorted() {
            let (has, got) = (text(fields.0[field]), text(fields.1[field]))
            guard has == got else {
                throw CheckpointAverageError.otherConfiguration(
                    field: field, first: first.directory, has: has, other: other.directory, got: got)
            }
        }
        let names = (Set(first.tensorNames), Set(other.tensorNames))
        if let name = names.0.symmetricDifference(names.1).min() {
            let isInFirst = names.0.contains(name)
            throw CheckpointAverageError.otherTensors(
                name: name, has: isInFirst ? first.directory : other.directory,
                lacks: isInFirst ? other.directory : first.directory)
        }
        for name in first.tensorNames {
            let shapes = (first.entry(name)?.shape ?? [], other.entry(name)?.shape ?? [])
            guard shapes.0 == shapes.1 else {
                throw CheckpointError.wrongShape(
                    file: other.directory, tensor: name, expected: shapes.0, got: shapes.1)
            }
        }
        let tokenizers = try [first, other].map { try TextSide(directory: $0.directory).tokenizer.fingerprint.hex }
        guard tokenizers[0] == tokenizers[1] else {
            throw CheckpointAverageError.otherTokenizer(
                first: first.directory, has: tokenizers[0], other: other.directory, got: tokenizers[1])
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        value.map { String(decoding: $0.canonical, as: UTF8.self) } ?? "none"
    }
}
