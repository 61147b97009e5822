import Checkpoints
import JSONValues

/// Mistral (Jiang et al. 2023, arXiv 2310.06825): Llama whose layers attend through one sliding window, or through none.
enum Mistral: ModelFamily {
    static let modelType = "mistral"
    static let className = "MistralForCausalLM"
    static let numericFields = TransformerArchitecture.llamaLikeFields.union([WindowField.name])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType,
            defaults: LlamaDefaults(contextLength: 131_072, keyValueHeads: 8))
        let window = try WindowField.value(configuration)
        model.updateLayers { $1.attention.window = window }
        return model
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) -> [String: JSONValue] {
        WindowField.valueIfAbsent
    }
}
