import Checkpoints
import JSONValues

/// A family of models: how its config.json describes an architecture.
package protocol ModelFamily: Sendable {
    /// `model_type` in config.json.
    static var modelType: String { get }
    /// The family's class in transformers, which config.json names in `architectures`.
    static var className: String { get }
    /// Fields of config.json that change numbers. Any other field must be known to change none.
    static var numericFields: Set<String> { get }
    /// What absent fields stand for where null stands for something else, no window, no cap or false: by these the model fingerprint tells
    /// the two apart.
    static func valuesIfAbsent(_ configuration: ConfigurationObject) throws -> [String: JSONValue]
    /// transformers' default of `pad_token_id`; nil for none.
    static var defaultPaddingID: Int? { get }
    /// The architecture that config.json asks for; throws where a field asks for what is not supported here.
    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture
}

extension ModelFamily {
    /// No padding id, unless a family says otherwise.
    package static var defaultPaddingID: Int? { nil }
    /// None, unless a family says otherwise.
    package static func valuesIfAbsent(_ configuration: ConfigurationObject) throws -> [String: JSONValue] { [:] }
}

/// The table of families. Adding one: a file in Families, a line here, a golden.
package enum ModelFamilies {
    /// All families.
    package static let all: [any ModelFamily.Type] = [
        Llama.self, Mistral.self, Qwen2.self, Qwen3.self, OLMo.self, OLMo2.self, OLMo3.self, SmolLM3.self, Youtu.self,
        Gemma2.self, Gemma3.self,
    ]

    /// More than any file holds, and few enough that no count of bytes overflows.
    private static let mostParameters = 1e15

    /// The values of `model_type` that are known, sorted, for errors.
    package static var modelTypes: [String] { all.map { $0.modelType }.sorted() }

    /// The architecture that config.json asks for. A field that nobody here understands is an error that names it.
    ///
    /// - Throws: `TransformerError` for an unknown family or quantized weights, `ConfigurationError` for a field that is missing, of
    ///   a wrong type, unknown, unsupported or not to be ignored.
    package static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let family = try family(configuration)
        if let field = family.numericFields.intersection(configuration.ignored).min() ?? readAlways(configuration) {
            throw ConfigurationError.fieldCannotBeIgnored(file: configuration.file, field: field)
        }
        if let method = quantizationMethod(configuration) {
            throw TransformerError.quantized(file: configuration.file, method: method)
        }
        for (field, neutral) in neutralValues where !family.numericFields.contains(field) {
            try configuration.require(field, equals: neutral)
        }
        try configuration.rejectUnknownFields(
            known: family.numericFields, ignorable: ignorableFields.union(neutralValues.keys))
        var architecture = try family.architecture(configuration)
        guard architecture.approximateParameterCount <= mostParameters else {
            throw configuration.unsupported("hidden_size", expected: "sizes that make up at most 10^15 parameters")
        }
        architecture.paddingID = try paddingID(
            configuration, family.defaultPaddingID, vocabularySize: architecture.vocabularySize)
        for field in configuration.ignored.sorted() {
            architecture.remarks.append("the field \(field) of config.json is ignored, as --ignore-config-field asks")
        }
        return architecture
    }

    private static func readAlways(_ configuration: ConfigurationObject) -> String? {
        configuration.ignored.intersection(["model_type", "pad_token_id"]).min()
    }

    /// nil where the weights are numbers as they are.
    private static func quantizationMethod(_ configuration: ConfigurationObject) -> String? {
        let fields = ["quantization_config", "quantization", "compression_config"]
        guard let field = fields.first(where: { configuration.value($0) != nil }) else { return nil }
        guard let object = try? configuration.optionalObject(field) else { return field }
        let method = ["quant_method", "quant_algo", "mode", "format"].lazy
            .compactMap { try? object.optionalString($0) }.first
        let bits = (try? object.optionalInt("bits")).flatMap(\.self)
        return (method ?? field) + (bits.map { ", \($0) bits" } ?? "")
    }

    /// A negative id counts from the end, as in PyTorch.
    private static func paddingID(
        _ configuration: ConfigurationObject, _ fallback: Int?, vocabularySize: Int
    ) throws -> Int? {
        guard !configuration.isNull("pad_token_id"), let id = try configuration.optionalInt("pad_token_id") ?? fallback
        else { return nil }
        let place = id < 0 ? id + vocabularySize : id
        return (0..<vocabularySize).contains(place) ? place : nil
    }

    /// Fields of config.json that change numbers, by name, for the model fingerprint; those that are absent, null or ignored are not
    /// among them, except that an absent one is where null would mean something else.
    package static func numericFields(_ configuration: ConfigurationObject) throws -> [String: JSONValue] {
        var fields: [String: JSONValue] = ["model_type": .string(try configuration.string("model_type"))]
        let family = try family(configuration)
        let absent = try family.valuesIfAbsent(configuration)
        for name in family.numericFields {
            if let value = configuration.value(name) {
                fields[name] = value
            } else if !configuration.isNull(name) {
                fields[name] = absent[name]
            }
        }
        return fields
    }

    /// The model's class in transformers.
    static func className(_ configuration: ConfigurationObject) throws -> String {
        try family(configuration).className
    }

    private static func family(_ configuration: ConfigurationObject) throws -> any ModelFamily.Type {
        let modelType = try configuration.string("model_type")
        guard let family = all.first(where: { $0.modelType == modelType }) else {
            if let inner = try textModelType(configuration) {
                throw TransformerError.wrapper(
                    file: configuration.file, got: modelType, inner: inner, isInnerKnown: modelTypes.contains(inner),
                    known: modelTypes)
            }
            throw TransformerError.unknownFamily(file: configuration.file, got: modelType, known: modelTypes)
        }
        return family
    }

    /// That of the text model within a model of text and something else.
    private static func textModelType(_ configuration: ConfigurationObject) throws -> String? {
        let fields = ["text_config", "llm_config", "language_config", "decoder"]
        guard let field = fields.first(where: { (try? configuration.optionalObject($0)) ?? nil != nil }) else {
            return nil
        }
        return try configuration.object(field).optionalString("model_type") ?? "not named"
    }

    /// Fields that older or other programs write, and that change nothing as long as they have this value.
    private static let neutralValues: [String: JSONValue] = [
        "add_cross_attention": .bool(false), "attention_bias": .bool(false), "mlp_bias": .bool(false),
        "partial_rotary_factor": .number(1), "rope_interleaved": .bool(false),
        "use_bidirectional_attention": .bool(false),
        "use_mrope": .bool(false), "use_qk_norm": .bool(false), "use_sliding_window": .bool(false),
    ]

    /// Fields that change no log-probability: names, files, generation, and dropout, which is never applied here.
    private static let ignorableFields: Set<String> = [
        "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_flash_attn_2_enabled",
        "_model_name_or_path", "_name_or_path", "architectures",
        "attention_dropout", "attn_implementation", "auto_map", "begin_suppress_tokens", "bos_token_id",
        "cache_implementation", "chunk_size_feed_forward", "decoder_start_token_id", "do_sample", "dtype",
        "early_stopping", "embd_pdrop", "eos_token_id", "finetuning_task", "hidden_dropout", "id2label", "is_decoder",
        "is_encoder_decoder", "is_llama_config", "label2id", "length_penalty", "max_length", "max_new_tokens",
        "min_length", "model_name_or_path", "model_type", "name_or_path", "no_repeat_ngram_size", "num_beams",
        "num_return_sequences",
        "output_attentions", "output_hidden_states", "output_scores", "pad_token_id", "prefix", "pretraining_tp",
        "problem_type", "repetition_penalty", "resid_pdrop", "return_dict", "return_dict_in_generate", "sep_token_id",
        "suppress_tokens", "task_specific_params", "temperature", "tie_encoder_decoder", "tokenizer_class", "top_k",
        "top_p", "torch_dtype", "torchscript", "transformers.js_config", "transformers_version", "unk_token_id",
        "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache", "use_return_dict",
    ]
}
