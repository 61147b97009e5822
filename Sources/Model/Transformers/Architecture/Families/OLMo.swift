import Checkpoints
import Tensors

/// OLMo (Groeneveld et al. 2024, arXiv 2402.00838): LayerNorm without weights, queries, keys and values clipped.
enum OLMo: ModelFamily {
    static let modelType = "olmo"
    static let className = "OlmoForCausalLM"
    static let defaultPaddingID: Int? = 1
    static let numericFields = TransformerArchitecture.llamaLikeFields.subtracting(["rms_norm_eps"])
        .union(["attention_bias", "clip_qkv"])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(llamaLike: configuration, family: modelType, defaults: LlamaDefaults())
        model.norm = Norm(epsilon: 1e-5, isCentered: true)
        model.names.finalNorm = nil
        model.names.layer[.attentionInputNorm] = nil
        model.names.layer[.feedForwardInputNorm] = nil
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
        let clip = try configuration.positiveFloat("clip_qkv", unlessNull: nil)
        model.updateLayers { $1.attention.clip = clip }
        return model
    }
}
