import Checkpoints
import JSONValues

/// A family of models: how its config.json describes an architecture.
package protocol ModelFamily: Sendable {
    /// `model_type` in config.json.
    static var modelType: String { get }
    /// Fields of config.json that change numbers. Any other field must be known to change none.
    static var numericFields: Set<String> { get }
    /// Throws where a field asks for what is not supported here.
    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture
}

/// The table of families. Adding one: a file in Families, a line here, a golden.
package enum ModelFamilies {
    static let all: [any ModelFamily.Type] = [
        Llama.self
    ]

    package static var modelTypes: [String] { all.map { $0.modelType }.sorted() }

    /// The architecture that config.json asks for. A field that nobody here understands is an error that names it.
    package static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let family = try family(configuration)
        try configuration.rejectUnknownFields(known: family.numericFields, ignorable: ignorableFields)
        return try family.architecture(configuration)
    }

    /// The fields that change numbers, for the model fingerprint.
    package static func numericFields(_ configuration: ConfigurationObject) throws -> [String: JSONValue] {
        var fields: [String: JSONValue] = ["model_type": .string(try configuration.string("model_type"))]
        for name in try family(configuration).numericFields {
            if let value = configuration.value(name) { fields[name] = value }
        }
        return fields
    }

    private static func family(_ configuration: ConfigurationObject) throws -> any ModelFamily.Type {
        let modelType = try configuration.string("model_type")
        guard let family = all.first(where: { $0.modelType == modelType }) else {
            throw TransformerError.unknownFamily(file: configuration.file, got: modelType, known: modelTypes)
        }
        return family
    }

    /// Fields that change no log-probability: names, files, generation, and dropout, which is never applied here.
    private static let ignorableFields: Set<String> = [
        "_name_or_path", "name_or_path", "_attn_implementation", "_attn_implementation_autoset", "architectures",
        "attention_dropout", "attn_implementation", "auto_map", "bos_token_id", "cache_implementation", "dtype",
        "embd_pdrop", "eos_token_id", "hidden_dropout", "id2label", "is_decoder", "is_encoder_decoder", "label2id",
        "max_length", "model_type", "output_attentions", "output_hidden_states", "pad_token_id", "pretraining_tp",
        "problem_type", "resid_pdrop", "return_dict", "task_specific_params", "tokenizer_class", "torch_dtype",
        "transformers_version", "unk_token_id", "use_cache", "use_return_dict",
    ]
}
