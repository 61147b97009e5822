import Checkpoints

/// SmolLM3: Llama where some layers, every fourth by default, know no positions (NoPE, arXiv 2501.18795).
enum SmolLM3: ModelFamily {
    static let modelType = "smollm3"
    static let className = "SmolLM3ForCausalLM"
    static let defaultPaddingID: Int? = 128_004
    static let numericFields = TransformerArchitecture.llamaLikeFields.union([
        "attention_bias", "mlp_bias", "no_rope_layers", "no_rope_layer_interval", "use_sliding_window",
        "sliding_window", "layer_types", "max_window_layers",
    ])

    static func architecture(_ configuration: ConfigurationObject) throws -> TransformerArchitecture {
        var model = try TransformerArchitecture(
            llamaLike: configuration, family: modelType,
            defaults: LlamaDefaults(theta: 2_000_000, isHeadTied: true, contextLength: 32_768, keyValueHeads: 4))
        if try configuration.optionalBool("attention_bias") ?? false { model.names.addAttentionBiases() }
        if try configuration.optionalBool("mlp_bias") ?? false { model.names.addFeedForwardBiases() }
        let isTurned = try turnedLayers(configuration, count: model.layers.count)
        let isUsed = try configuration.optionalBool("use_sliding_window") ?? false
        let window = isUsed ? try configuration.positiveInt("sliding_window", ifAbsent: 0) : 0
        let types = try LayerTypes(configuration, layers: model.layers.count) { window > 0 && !isTurned[$0] }
        let windows = try types.windows(window > 0 ? window : nil, configuration, field: "use_sliding_window")
        model.updateLayers {
            $1.attention.window = windows[$0]
            if !isTurned[$0] { $1.attention.rotary = nil }
        }
        return model
    }

    /// `no_rope_layers` holds 1 for a layer with rotary positions and 0 for one without.
    private static func turnedLayers(_ configuration: ConfigurationObject, count: Int) throws -> [Bool] {
        guard let flags = try configuration.optionalInts("no_rope_layers") else {
            let interval = try configuration.positiveInt("no_rope_layer_interval", ifAbsent: 4)
            return (0..<count).map { ($0 + 1) % interval != 0 }
        }
        guard flags.count == count, flags.allSatisfy({ $0 == 0 || $0 == 1 }) else {
            throw configuration.unsupported("no_rope_layers", expected: "0 or 1 for each of \(count) layers")
        }
        return flags.map { $0 == 1 }
    }
}
