import Checkpoints

/// The sizes that Llama's config.json gives; most families give theirs in the same fields.
struct LlamaShape {
    let vocabularySize, width, layers, heads, keyValueHeads, headWidth, feedForwardWidth, contextLength: Int

    init(_ configuration: ConfigurationObject, defaultContextLength: Int = 2048) throws {
        func positive(_ field: String) throws -> Int {
            let value = try configuration.int(field)
            guard value > 0 else { throw configuration.unsupported(field, expected: "a positive number") }
            return value
        }
        vocabularySize = try positive("vocab_size")
        width = try positive("hidden_size")
        layers = try positive("num_hidden_layers")
        heads = try positive("num_attention_heads")
        feedForwardWidth = try positive("intermediate_size")
        keyValueHeads =
            configuration.value("num_key_value_heads") == nil ? heads : try positive("num_key_value_heads")
        contextLength =
            configuration.value("max_position_embeddings") == nil
            ? defaultContextLength : try positive("max_position_embeddings")
        headWidth = configuration.value("head_dim") == nil ? width / heads : try positive("head_dim")
        guard heads % keyValueHeads == 0 else {
            throw configuration.unsupported(
                "num_key_value_heads", expected: "a divisor of num_attention_heads (\(heads))")
        }
        guard headWidth > 0, headWidth % 2 == 0 else {
            throw configuration.unsupported("head_dim", expected: "an even number")
        }
        if configuration.value("head_dim") == nil, width % heads != 0 {
            throw configuration.unsupported("hidden_size", expected: "a multiple of num_attention_heads (\(heads))")
        }
    }
}
