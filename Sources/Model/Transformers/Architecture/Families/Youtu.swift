import Checkpoints
import Foundation
import JSONValues
import Tensors

/// Youtu-LLM (arXiv 2512.24618): Llama with multi-head latent attention.
enum Youtu: ModelFamily {
    static let modelType = "youtu"
    static let className = "YoutuForCausalLM"
    static let numericFields = TransformerArchitecture.llamaLikeFields.union([
        "attention_bias", "embedding_initializer_range", "kv_lora_rank", "q_lora_rank", "qk_head_dim",
        "qk_nope_head_dim", "qk_rope_head_dim", interleaving, "v_head_dim",
    ])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let turned = try configuration.positiveInt("qk_rope_head_dim", ifAbsent: 64)
        guard turned % 2 == 0 else { throw configuration.unsupported("qk_rope_head_dim", expected: "an even number") }
        try configuration.require("head_dim", equals: .integer(turned))
        let defaults = LlamaDefaults(isHeadTied: true, contextLength: 131_072, keyValueHeads: 16, headWidth: turned)
        var model = try TransformerArchitecture(llamaLike: configuration, family: modelType, defaults: defaults)
        try useLatents(&model, configuration, turned: turned)
        model.names.useLatents(hasQueryRank: !configuration.isNull("q_lora_rank"))
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addLatentBiases() }
        let deviation = try configuration.optionalDouble("initializer_range") ?? 2 / sqrt(5 * Double(model.width))
        model.initializerRange = deviation
        model.embeddingInitializerRange =
            try configuration.optionalDouble("embedding_initializer_range") ?? 2 * deviation
        return model
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) -> [String: JSONValue] {
        [interleaving: .bool(true)]
    }

    private static let interleaving = "rope_interleave"

    private static func useLatents(
        _ model: inout TransformerArchitecture, _ configuration: ConfigurationObject, turned: Int
    ) throws {
        let own = try configuration.positiveInt("qk_nope_head_dim", ifAbsent: 128)
        try configuration.require("qk_head_dim", equals: .integer(own + turned))
        let valueWidth = try configuration.positiveInt("v_head_dim", ifAbsent: 128)
        let latent = LatentProjections(
            queryRank: try configuration.positiveInt("q_lora_rank", unlessNull: 1536),
            keyValueRank: try configuration.positiveInt("kv_lora_rank", ifAbsent: 512), sharedKeyWidth: turned,
            norm: Norm(epsilon: 1e-6))  // whatever rms_norm_eps says
        let scale = try scale(configuration, width: own + turned)
        model.rotaries[0].firstFeature = own
        model.rotaries[0].isInterleaved = try configuration.bool(interleaving, ifAbsent: true)
        guard model.layers.allSatisfy({ $0.attention.heads == $0.attention.keyValueHeads }) else {
            throw configuration.unsupported("num_key_value_heads", expected: "num_attention_heads")
        }
        model.updateLayers {
            $1.attention.queryKeyWidth = own + turned
            $1.attention.valueWidth = valueWidth
            $1.attention.scale = scale
            $1.attention.latent = latent
        }
    }

    /// One over the root of the width of queries and keys; YaRN's `mscale_all_dim` multiplies it.
    private static func scale(_ configuration: ConfigurationObject, width: Int) throws -> Float {
        let scale = 1 / Double(width).squareRoot()
        let rope = try configuration.optionalObject("rope_parameters") ?? configuration.optionalObject("rope_scaling")
        guard let rope, let multiplier = try rope.optionalDouble("mscale_all_dim"), multiplier != 0 else {
            return Float(scale)
        }
        let factor = try rope.double("factor")
        let mscale = factor <= 1 ? 1 : 0.1 * multiplier * log(factor) + 1
        return Float(scale * mscale * mscale)
    }
}

extension ParameterNames {
    fileprivate mutating func useLatents(hasQueryRank: Bool) {
        layer[.key] = nil
        layer[.value] = nil
        layer[.keyValueLatent] = "self_attn.kv_a_proj_with_mqa.weight"
        layer[.keyValueLatentNorm] = "self_attn.kv_a_layernorm.weight"
        layer[.keyValue] = "self_attn.kv_b_proj.weight"
        guard hasQueryRank else { return }
        layer[.query] = "self_attn.q_b_proj.weight"
        layer[.queryLatent] = "self_attn.q_a_proj.weight"
        layer[.queryLatentNorm] = "self_attn.q_a_layernorm.weight"
    }

    fileprivate mutating func addLatentBiases() {
        if layer[.queryLatent] != nil { layer[.queryLatentBias] = "self_attn.q_a_proj.bias" }
        layer[.keyValueLatentBias] = "self_attn.kv_a_proj_with_mqa.bias"
        layer[.outputBias] = "self_attn.o_proj.bias"
    }
}
