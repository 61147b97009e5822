import Checkpoints
import JSONValues

/// Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with biases on queries, keys and values.
enum Qwen2: ModelFamily {
    static let modelType = "qwen2"
    static let className = "Qwen2ForCausalLM"
    static let numericFields = TransformerArchitecture.llamaLikeFields.union(windowFields)

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType,
            defaults: LlamaDefaults(contextLength: 32_768, keyValueHeads: 32))
        model.names.addAttentionBiases(output: false)
        try applyWindows(configuration, to: &model)
        return model
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) throws -> [String: JSONValue] {
        try windowIfAbsent(configuration)
    }

    static let windowFields: Set<String> = [
        "use_sliding_window", "sliding_window", "max_window_layers", "layer_types",
    ]

    /// The first `max_window_layers` layers see everything; `sliding_window` counts only under `use_sliding_window`.
    static func applyWindows(_ configuration: ConfigurationObject, to model: inout TransformerArchitecture) throws {
        let window = try usesWindow(configuration) ? WindowField.value(configuration) : nil
        let firstSliding = try configuration.optionalInt("max_window_layers") ?? 28
        let types = try LayerTypes(configuration, layers: model.layers.count) { window != nil && $0 >= firstSliding }
        let windows = try types.windows(window, configuration, field: "use_sliding_window")
        model.updateLayers { $1.attention.window = windows[$0] }
    }

    /// As `ModelFamily.valuesIfAbsent` has it.
    static func windowIfAbsent(_ configuration: ConfigurationObject) throws -> [String: JSONValue] {
        try usesWindow(configuration) ? WindowField.valueIfAbsent : [:]
    }

    private static func usesWindow(_ configuration: ConfigurationObject) throws -> Bool {
        try configuration.optionalBool("use_sliding_window") ?? false
    }
}
