import Checkpoints
import JSONValues

/// OLMo 3 (arXiv 2512.13961): OLMo 2 where three layers of four attend through a sliding window; a context extension
/// applies to the others only.
enum OLMo3: ModelFamily {
    static let modelType = "olmo3"
    static let className = "Olmo3ForCausalLM"
    static let defaultPaddingID: Int? = 1
    static let numericFields = OLMo2.numericFields.union(["sliding_window", "layer_types"])
    static let defaultTheta = 500_000.0

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let theta = try configuration.optionalDouble("rope_theta") ?? defaultTheta
        try requireClearTheta(configuration)
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType, defaults: LlamaDefaults(epsilon: 1e-5)
        ) {
            try RotaryByLayerType.embeddings(configuration, $0, fullTheta: theta, slidingTheta: defaultTheta)
        }
        try OLMo2.rearrange(&model, configuration)
        let types = try LayerTypes(configuration, layers: model.layers.count) { ($0 + 1) % 4 != 0 }
        let window = try WindowField.value(configuration)
        try model.apply(types, window: window, configuration)
        return model
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) -> [String: JSONValue] {
        WindowField.valueIfAbsent
    }

    /// Versions of transformers disagree on which layers an outer `rope_theta` is for.
    private static func requireClearTheta(_ configuration: ConfigurationObject) throws {
        let sliding = try configuration.optionalObject("rope_parameters")?.optionalObject("sliding_attention")
        guard try sliding?.optionalDouble("rope_theta") == nil else { return }
        guard try configuration.optionalDouble("rope_theta") ?? defaultTheta == defaultTheta else {
            throw configuration.unsupported(
                "rope_theta", expected: "500000, or a rope_theta for each layer type in rope_parameters")
        }
    }
}
