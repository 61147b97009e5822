import Checkpoints
import JSONValues
import Tensors

/// Gemma 2 (arXiv 2408.00118): four norms a layer that multiply by 1 + weight, scaled embeddings, GeGLU, soft caps on scores
/// and logits, every other layer attending through a sliding window.
enum Gemma2: ModelFamily {
    static let modelType = "gemma2"
    static let className = "Gemma2ForCausalLM"
    static let defaultPaddingID: Int? = 0
    static let numericFields = sharedFields.union(["attn_logit_softcapping", "sliding_window_size"])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(llamaLike: configuration, family: modelType, defaults: defaults(8192))
        try rearrange(&model, configuration, finalSoftCap: finalSoftCap)
        let softCap = try configuration.positiveFloat("attn_logit_softcapping", unlessNull: attentionSoftCap)
        let types = try LayerTypes(configuration, layers: model.layers.count) { $0 % 2 == 0 }
        let window = try WindowField.value(configuration)
        if let window { try configuration.require("sliding_window_size", equals: .integer(window)) }
        let windows = try types.windows(window, configuration)
        model.updateLayers {
            $1.attention.window = windows[$0]
            $1.attention.softCap = softCap
        }
        return model
    }

    private static let attentionSoftCap = 50.0
    private static let finalSoftCap = 30.0

    static func valuesIfAbsent(_ configuration: ConfigurationObject) -> [String: JSONValue] {
        let caps: [String: JSONValue] = [
            "attn_logit_softcapping": .number(attentionSoftCap), "final_logit_softcapping": .number(finalSoftCap),
        ]
        return caps.merging(WindowField.valueIfAbsent) { cap, _ in cap }
    }

    /// Fields that Gemma 3 has too. `hidden_activation` counts, whatever `hidden_act` says.
    static let sharedFields = TransformerArchitecture.llamaLikeFields.union([
        "attention_bias", "final_logit_softcapping", "hidden_activation", "layer_types", "query_pre_attn_scalar",
        "sliding_window", "use_bidirectional_attention",
    ])

    static func defaults(_ contextLength: Int) -> LlamaDefaults {
        LlamaDefaults(
            isHeadTied: true, contextLength: contextLength, keyValueHeads: 4, headWidth: 256,
            activationField: "hidden_activation", activation: "gelu_pytorch_tanh")
    }

    static func rearrange(
        _ model: inout TransformerArchitecture, _ configuration: ConfigurationObject, finalSoftCap: Double?
    ) throws {
        try configuration.require("use_bidirectional_attention", equals: .bool(false))
        model.norm = Norm(epsilon: model.norm.epsilon, offset: 1)
        model.embeddingScale = Float(model.width).squareRoot()
        model.finalSoftCap = try configuration.positiveFloat("final_logit_softcapping", unlessNull: finalSoftCap)
        model.names.layer[.attentionOutputNorm] = "post_attention_layernorm.weight"
        model.names.layer[.feedForwardInputNorm] = "pre_feedforward_layernorm.weight"
        model.names.layer[.feedForwardOutputNorm] = "post_feedforward_layernorm.weight"
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
        let scalar = try configuration.positiveFloat("query_pre_attn_scalar", unlessNull: 256) ?? 256
        model.updateLayers {
            $1.norms = [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput]
            $1.attention.scale = 1 / scalar.squareRoot()
        }
    }
}
