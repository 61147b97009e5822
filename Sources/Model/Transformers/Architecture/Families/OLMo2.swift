import Checkpoints

/// OLMo 2 (arXiv 2501.00656): norms after attention and feed-forward instead of before, and over the whole projection of
/// queries and of keys.
enum OLMo2: ModelFamily {
    static let modelType = "olmo2"
    static let className = "Olmo2ForCausalLM"
    static let defaultPaddingID: Int? = 1
    static let numericFields = TransformerArchitecture.llamaLikeFields.union(["attention_bias"])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType, defaults: LlamaDefaults(epsilon: 1e-5))
        try rearrange(&model, configuration)
        return model
    }

    static func rearrange(_ model: inout TransformerArchitecture, _ configuration: ConfigurationObject) throws {
        model.names.addQueryKeyNorms()
        model.names.layer[.attentionInputNorm] = nil
        model.names.layer[.feedForwardInputNorm] = nil
        model.names.layer[.attentionOutputNorm] = "post_attention_layernorm.weight"
        model.names.layer[.feedForwardOutputNorm] = "post_feedforward_layernorm.weight"
        model.updateLayers {
            $1.norms = [.attentionOutput, .feedForwardOutput]
            $1.attention.queryKeyNorm = .whole
        }
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
    }
}
