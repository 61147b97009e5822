import Checkpoints

/// Llama (Touvron et al. 2023, arXiv 2302.13971; Grattafiori et al. 2024, arXiv 2407.21783): norms before attention and
/// feed-forward, grouped heads, rotary positions, SwiGLU, biases where config.json asks for them.
enum Llama: ModelFamily {
    static let modelType = "llama"
    static let className = "LlamaForCausalLM"
    static let numericFields = TransformerArchitecture.llamaLikeFields.union(["attention_bias", "mlp_bias"])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType, defaults: LlamaDefaults())
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
        if try configuration.optionalBool("mlp_bias") ?? false { model.names.addFeedForwardBiases() }
        return model
    }
}
