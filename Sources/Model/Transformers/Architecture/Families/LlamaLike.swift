import Checkpoints
import Tensors

/// What transformers assumes where a family's config.json leaves a field out.
struct LlamaDefaults {
    var theta = 10_000.0
    var epsilon = 1e-6
    var isHeadTied = false
    var contextLength = 2048
    /// nil: as many as heads. A null in the file always means that.
    var keyValueHeads: Int?
    /// nil: width / heads.
    var headWidth: Int?
    var activationField = "hidden_act"
    var activation = "silu"
}

extension TransformerArchitecture {
    /// Fields that `init(llamaLike:)` reads.
    static let llamaLikeFields: Set<String> = RotaryEmbedding.configurationFields.union([
        "head_dim", "hidden_act", "hidden_size", "initializer_range", "intermediate_size", "max_position_embeddings",
        "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps", "tie_word_embeddings",
        "vocab_size",
    ])

    /// Llama without biases, from the fields that most families share: what a family file starts from.
    ///
    /// - Parameter rotaries: where the model has more than one; layers use the first unless the family says otherwise.
    init(
        llamaLike configuration: ConfigurationObject, family: String, defaults: LlamaDefaults,
        rotaries: ((LlamaShape) throws -> [RotaryEmbedding])? = nil
    ) throws {
        let shape = try LlamaShape(configuration, defaults: defaults)
        let rotaries =
            try rotaries?(shape) ?? [
                RotaryEmbedding(
                    configuration: configuration, width: shape.headWidth, contextLength: shape.contextLength,
                    defaultTheta: defaults.theta)
            ]
        let layer = LayerArchitecture(
            attention: AttentionArchitecture(
                heads: shape.heads, keyValueHeads: shape.keyValueHeads, queryKeyWidth: shape.headWidth,
                valueWidth: shape.headWidth, scale: 1 / Float(shape.headWidth).squareRoot(), rotary: 0),
            feedForward: FeedForwardArchitecture(
                width: shape.feedForwardWidth,
                activation: try configuration.activation(defaults.activationField, ifAbsent: defaults.activation)),
            norms: [.attentionInput, .feedForwardInput])
        self.init(
            family: family, vocabularySize: shape.vocabularySize, contextLength: shape.contextLength,
            width: shape.width,
            norm: Norm(epsilon: Float(try configuration.optionalDouble("rms_norm_eps") ?? defaults.epsilon)),
            layers: Array(repeating: layer, count: shape.layers), rotaries: rotaries,
            isHeadTied: try configuration.optionalBool("tie_word_embeddings") ?? defaults.isHeadTied,
            initializerRange: try configuration.optionalDouble("initializer_range") ?? 0.02,
            names: .llamaLike)
    }

    mutating func updateLayers(_ body: (_ index: Int, _ layer: inout LayerArchitecture) -> Void) {
        for index in layers.indices { body(index, &layers[index]) }
    }
}

extension ParameterNames {
    /// Without biases.
    static let llamaLike = ParameterNames(
        embedding: "model.embed_tokens.weight", head: "lm_head.weight", finalNorm: "model.norm.weight",
        layerPrefix: { "model.layers.\($0)." },
        layer: [
            .query: "self_attn.q_proj.weight", .key: "self_attn.k_proj.weight", .value: "self_attn.v_proj.weight",
            .output: "self_attn.o_proj.weight", .gate: "mlp.gate_proj.weight", .up: "mlp.up_proj.weight",
            .down: "mlp.down_proj.weight", .attentionInputNorm: "input_layernorm.weight",
            .feedForwardInputNorm: "post_attention_layernorm.weight",
        ],
        ignoredSuffixes: ["rotary_emb.inv_freq"])

    mutating func addAttentionBiases(output: Bool = true) {
        layer[.queryBias] = "self_attn.q_proj.bias"
        layer[.keyBias] = "self_attn.k_proj.bias"
        layer[.valueBias] = "self_attn.v_proj.bias"
        if output { layer[.outputBias] = "self_attn.o_proj.bias" }
    }

    mutating func addFeedForwardBiases() {
        layer[.gateBias] = "mlp.gate_proj.bias"
        layer[.upBias] = "mlp.up_proj.bias"
        layer[.downBias] = "mlp.down_proj.bias"
    }

    mutating func addQueryKeyNorms() {
        layer[.queryNorm] = "self_attn.q_norm.weight"
        layer[.keyNorm] = "self_attn.k_norm.weight"
    }
}
