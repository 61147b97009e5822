import Checkpoints

/// The sizes that Llama's config.json gives; most families give theirs in the same fields.
struct LlamaShape {
    let vocabularySize, width, layers, heads, keyValueHeads, headWidth, feedForwardWidth, contextLength: Int

    init(_ configuration: ConfigurationObject, defaults: LlamaDefaults = LlamaDefaults()) throws {
        vocabularySize = try configuration.positiveInt("vocab_size", atMost: FieldLimits.count)
        width = try configuration.positiveInt("hidden_size")
        layers = try configuration.positiveInt("num_hidden_layers", atMost: FieldLimits.layers)
        heads = try configuration.positiveInt("num_attention_heads")
        feedForwardWidth = try configuration.positiveInt("intermediate_size")
        keyValueHeads =
            try configuration.positiveInt("num_key_value_heads", unlessNull: defaults.keyValueHeads ?? heads) ?? heads
        contextLength = try configuration.positiveInt(
            "max_position_embeddings", ifAbsent: defaults.contextLength, atMost: FieldLimits.count)
        headWidth = try configuration.positiveInt("head_dim", ifAbsent: defaults.headWidth ?? width / heads)
        guard heads % keyValueHeads == 0 else {
            throw configuration.unsupported(
                "num_key_value_heads", expected: "a divisor of num_attention_heads (\(heads))")
        }
        guard headWidth > 0, headWidth % 2 == 0 else {
            throw configuration.unsupported("head_dim", expected: "an even number")
        }
        if configuration.value("head_dim") == nil, defaults.headWidth == nil, width % heads != 0 {
            throw configuration.unsupported("hidden_size", expected: "a multiple of num_attention_heads (\(heads))")
        }
    }
}
