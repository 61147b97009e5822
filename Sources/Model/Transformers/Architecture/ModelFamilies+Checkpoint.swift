import Checkpoints
import Digests
import JSONValues

/// What only the tensors tell: whether the head is the embedding.
///
/// transformers 5 goes by the values where a config.json asks for a tied head, by `tie_word_embeddings` or by the family's default, and
/// the checkpoint holds a head all the same: of other values it counts, of equal ones it is the embedding. (Earlier versions, and other
/// programs, drop it.)
extension ModelFamilies {
    static let tiedHeadField = "tie_word_embeddings"

    /// config.json as it is in force: a head of its own says so, whatever config.json says. So every reader of what is written from it
    /// uses that head, and nobody takes the fingerprint of such a model for that of the same files with a tied one.
    package static func configuration(of checkpoint: Checkpoint) throws -> ConfigurationObject {
        let configuration = checkpoint.configuration
        return try hasUnexpectedHead(checkpoint, architecture(configuration))
            ? configuration.setting(tiedHeadField, to: .bool(false)) : configuration
    }

    /// The architecture in force: what config.json asks for, with a head of its own where the tensors hold one that is not the
    /// embedding. A remark says so.
    package static func architecture(of checkpoint: Checkpoint) throws -> TransformerArchitecture {
        var architecture = try architecture(checkpoint.configuration)
        if try hasUnexpectedHead(checkpoint, architecture) {
            architecture.isHeadTied = false
            architecture.remarks.append(
                "\(architecture.names.head) is not the embedding, though config.json ties the two: it counts, as in transformers 5"
            )
        }
        return architecture
    }

    /// Fields of the configuration in force that change numbers, for the model fingerprint.
    package static func numericFields(of checkpoint: Checkpoint) throws -> [String: JSONValue] {
        try numericFields(configuration(of: checkpoint))
    }

    /// Fields of the config.json that is written beside tensors of a type: as they were, with the tensors' type, and the model's class in
    /// transformers where none was named.
    ///
    /// - Parameter elementType: F32 or BF16.
    package static func exportedFields(
        _ configuration: ConfigurationObject, elementType: ElementType
    ) throws -> JSONObject {
        var fields = configuration.members
        let name: JSONValue = .string(elementType == .bf16 ? "bfloat16" : "float32")
        if fields[key: "torch_dtype"] != nil { fields[key: "torch_dtype"] = name }
        if fields[key: "torch_dtype"] == nil || fields[key: "dtype"] != nil { fields[key: "dtype"] = name }
        if fields[key: "architectures"] == nil {
            fields[key: "architectures"] = .array([.string(try className(configuration))])
        }
        return fields
    }

    private static func hasUnexpectedHead(
        _ checkpoint: Checkpoint, _ architecture: TransformerArchitecture
    ) throws -> Bool {
        let names = architecture.names
        guard architecture.isHeadTied, checkpoint.entry(names.head) != nil else { return false }
        return try !checkpoint.holdsSameValues(names.embedding, names.head)
    }
}

extension Checkpoint {
    /// A model's directory: its family is known and its configuration understood before the tensors are looked for.
    ///
    /// - Parameter ignored: fields of config.json that count as absent, though nobody here knows what they mean.
    package convenience init(model directory: String, ignoring ignored: Set<String> = []) throws {
        try self.init(directory: directory, ignoring: ignored) { _ = try ModelFamilies.architecture($0) }
    }

    /// SHA-256 of the model: its parameters, and the numeric fields of the configuration in force. Reads every byte of the parameters that was
    /// not hashed while it was read.
    package func modelFingerprint() throws -> SHA256Digest {
        try modelFingerprint(numericFields: try ModelFamilies.numericFields(of: self))
    }
}
