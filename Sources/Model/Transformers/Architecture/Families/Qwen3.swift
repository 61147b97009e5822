import Checkpoints
import JSONValues

/// Qwen3 (arXiv 2505.09388): Llama with a norm over each head of queries and keys before they are turned.
enum Qwen3: ModelFamily {
    static let modelType = "qwen3"
    static let className = "Qwen3ForCausalLM"
    static let numericFields = TransformerArchitecture.llamaLikeFields.union(Qwen2.windowFields)
        .union(["attention_bias"])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType,
            defaults: LlamaDefaults(contextLength: 32_768, keyValueHeads: 32, headWidth: 128))
        model.names.addQueryKeyNorms()
        model.updateLayers { $1.attention.queryKeyNorm = .perHead }
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
        try Qwen2.applyWindows(configuration, to: &model)
        return model
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) throws -> [String: JSONValue] {
        try Qwen2.windowIfAbsent(configuration)
    }
}
