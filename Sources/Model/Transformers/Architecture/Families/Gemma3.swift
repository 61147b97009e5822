import Checkpoints
import JSONValues

/// Gemma 3, text (arXiv 2503.19786): Gemma 2 with norms over each head of queries and keys instead of the cap on scores, and
/// five layers with a sliding window to one without, each kind with its own rotary theta.
enum Gemma3: ModelFamily {
    static let modelType = "gemma3_text"
    static let className = "Gemma3ForCausalLM"
    static let defaultPaddingID: Int? = 0
    static let numericFields = Gemma2.sharedFields.union([
        "attn_logit_softcapping", "rope_local_base_freq", "sliding_window_pattern", "_sliding_window_pattern",
    ])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        let localTheta = try configuration.optionalDouble("rope_local_base_freq")
        let globalTheta = try configuration.optionalDouble("rope_theta")
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType, defaults: Gemma2.defaults(131_072)
        ) {
            try RotaryByLayerType.embeddings(
                configuration, $0, fullTheta: globalTheta ?? 1_000_000, slidingTheta: localTheta ?? 10_000)
        }
        try Gemma2.rearrange(&model, configuration, finalSoftCap: nil)
        model.names.addQueryKeyNorms()
        model.updateLayers { $1.attention.queryKeyNorm = .perHead }
        guard configuration.value("attn_logit_softcapping") == nil else {
            throw configuration.unsupported("attn_logit_softcapping", expected: "null, which Gemma 3 always has")
        }
        let pattern = try slidingPattern(configuration)
        let types = try LayerTypes(configuration, layers: model.layers.count) { ($0 + 1) % pattern != 0 }
        let window = try WindowField.value(configuration)
        try model.apply(types, window: window, configuration)
        return model
    }

    /// One layer in so many sees everything. transformers has 6 where `sliding_window_pattern` is absent, whatever the
    /// field with the underscore says, which it writes beside `layer_types`.
    private static func slidingPattern(_ configuration: ConfigurationObject) throws -> Int {
        let (field, usual) = ("_sliding_window_pattern", 6)
        let written = try configuration.positiveInt(field, ifAbsent: usual)
        let isSaid = ["layer_types", "sliding_window_pattern"].contains { configuration.value($0) != nil }
        guard written == usual || isSaid else {
            throw configuration.unsupported(
                field, expected: "\(usual), or layer_types beside it: transformers does not read this field")
        }
        return try configuration.positiveInt("sliding_window_pattern", ifAbsent: usual)
    }

    static func valuesIfAbsent(_ configuration: ConfigurationObject) -> [String: JSONValue] {
        WindowField.valueIfAbsent
    }
}
