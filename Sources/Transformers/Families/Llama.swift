import Checkpoints
import Foundation
import Tensors

/// Llama (Touvron et al. 2023, arXiv 2302.13971; Grattafiori et al. 2024, arXiv 2407.21783) and its many relatives: norms
/// before attention and feed-forward, grouped heads, rotary positions, SwiGLU.
enum Llama: ModelFamily {
    static let modelType = "llama"

    static let numericFields: Set<String> = RotaryEmbedding.configurationFields.union([
        "attention_bias", "head_dim", "hidden_act", "hidden_size", "initializer_range", "intermediate_size",
        "max_position_embeddings", "mlp_bias", "num_attention_heads", "num_hidden_layers", "num_key_value_heads",
        "rms_norm_eps", "tie_word_embeddings", "vocab_size",
    ])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let shape = try LlamaShape(configuration)
        let rotary = try RotaryEmbedding(
            configuration: configuration, width: shape.headWidth, contextLength: shape.contextLength,
            defaultTheta: 10_000)
        guard try configuration.optionalString("hidden_act") ?? "silu" == "silu" else {
            throw configuration.unsupported("hidden_act", expected: "silu")
        }
        let attention = AttentionArchitecture(
            heads: shape.heads, keyValueHeads: shape.keyValueHeads, queryKeyWidth: shape.headWidth,
            valueWidth: shape.headWidth, scale: 1 / Float(shape.headWidth).squareRoot(), rotary: 0)
        let layer = LayerArchitecture(
            attention: attention,
            feedForward: FeedForwardArchitecture(width: shape.feedForwardWidth, activation: .silu),
            norms: [.attentionInput, .feedForwardInput])
        return TransformerArchitecture(
            family: modelType, vocabularySize: shape.vocabularySize, contextLength: shape.contextLength,
            width: shape.width, norm: Norm(epsilon: Float(try configuration.optionalDouble("rms_norm_eps") ?? 1e-6)),
            layers: Array(repeating: layer, count: shape.layers), rotaries: [rotary],
            isHeadTied: try configuration.optionalBool("tie_word_embeddings") ?? false,
            initializerRange: try configuration.optionalDouble("initializer_range") ?? 0.02,
            names: names(
                attentionBias: try configuration.optionalBool("attention_bias") ?? false,
                feedForwardBias: try configuration.optionalBool("mlp_bias") ?? false))
    }

    static func names(attentionBias: Bool, feedForwardBias: Bool) -> ParameterNames {
        var layer: [LayerParameter: String] = [
            .query: "self_attn.q_proj.weight", .key: "self_attn.k_proj.weight", .value: "self_attn.v_proj.weight",
            .output: "self_attn.o_proj.weight", .gate: "mlp.gate_proj.weight", .up: "mlp.up_proj.weight",
            .down: "mlp.down_proj.weight", .attentionInputNorm: "input_layernorm.weight",
            .feedForwardInputNorm: "post_attention_layernorm.weight",
        ]
        if attentionBias {
            layer[.queryBias] = "self_attn.q_proj.bias"
            layer[.keyBias] = "self_attn.k_proj.bias"
            layer[.valueBias] = "self_attn.v_proj.bias"
            layer[.outputBias] = "self_attn.o_proj.bias"
        }
        if feedForwardBias {
            layer[.gateBias] = "mlp.gate_proj.bias"
            layer[.upBias] = "mlp.up_proj.bias"
            layer[.downBias] = "mlp.down_proj.bias"
        }
        return ParameterNames(
            embedding: "model.embed_tokens.weight", head: "lm_head.weight", finalNorm: "model.norm.weight",
            layerPrefix: { "model.layers.\($0)." }, layer: layer, ignoredSuffixes: ["rotary_emb.inv_freq"])
    }
}
