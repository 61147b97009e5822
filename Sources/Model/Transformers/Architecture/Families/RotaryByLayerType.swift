import Checkpoints
import JSONValues

/// Two rotary embeddings, for layers with full attention and for layers with a sliding window: `rope_parameters` with an
/// entry for each, or the older fields, whose `rope_scaling` extends the layers with full attention only.
///
/// transformers 5 writes the fields of one embedding beside the two entries, or alone, where a configuration was made with them. It
/// reads the entries only, and without entries the families' defaults: the fields beside count nowhere, whatever theta they give. A type
/// that would extend the context is refused there, since whoever wrote it meant it.
enum RotaryByLayerType {
    static let full = 0
    static let sliding = 1

    /// - Parameter fullTheta, slidingTheta: where `rope_parameters` gives none.
    static func embeddings(
        _ configuration: ConfigurationObject, _ shape: LlamaShape, fullTheta: Double, slidingTheta: Double
    ) throws -> [RotaryEmbedding] {
        guard let parameters = try configuration.optionalObject("rope_parameters") else {
            return [
                try embedding(configuration, "rope_scaling", shape, fullTheta),
                RotaryEmbedding(width: shape.headWidth, theta: slidingTheta),
            ]
        }
        try configuration.require("rope_scaling", equals: .null)
        try checkFieldsBesideTypes(parameters)
        return [
            try embedding(parameters, "full_attention", shape, fullTheta),
            try embedding(parameters, "sliding_attention", shape, slidingTheta),
        ]
    }

    private static func checkFieldsBesideTypes(_ parameters: ConfigurationObject) throws {
        try parameters.rejectUnknownFields(
            known: ["full_attention", "sliding_attention"],
            ignorable: ["rope_type", "type", "rope_theta", "partial_rotary_factor"])
        for field in ["rope_type", "type"] { try parameters.require(field, equals: .string("default")) }
        try parameters.require("partial_rotary_factor", equals: .number(1))
        _ = try parameters.optionalDouble("rope_theta")
    }

    private static func embedding(
        _ configuration: ConfigurationObject, _ field: String, _ shape: LlamaShape, _ theta: Double
    ) throws -> RotaryEmbedding {
        guard let parameters = try configuration.optionalObject(field) else {
            return RotaryEmbedding(width: shape.headWidth, theta: theta)
        }
        // transformers reads neither here: the older name of the type, and YaRN without rounding of its bounds, which null would ask for.
        if parameters.value("rope_type") == nil { try parameters.require("type", equals: .string("default")) }
        try parameters.require("truncate", equals: .bool(true))
        return try RotaryEmbedding(
            parameters: parameters.ignoring(["truncate"]), width: shape.headWidth, contextLength: shape.contextLength,
            defaultTheta: theta)
    }
}

extension TransformerArchitecture {
    /// Sliding layers get the window and the embedding of their type.
    mutating func apply(_ types: LayerTypes, window: Int?, _ configuration: ConfigurationObject) throws {
        let windows = try types.windows(window, configuration)
        updateLayers {
            $1.attention.window = windows[$0]
            $1.attention.rotary = types.isSliding[$0] ? RotaryByLayerType.sliding : RotaryByLayerType.full
        }
        guard let parameters = try configuration.optionalObject("rope_parameters"),
            let theta = try parameters.optionalDouble("rope_theta")
        else { return }
        let meant = RotaryEmbedding(width: rotaries[0].width, theta: theta)
        guard rotaries.allSatisfy({ $0.inverseFrequencies != meant.inverseFrequencies }) else { return }
        remarks.append(
            "rope_parameters.rope_theta \(theta) of config.json counts for no layer: as in transformers 5, that of each layer type does"
        )
    }
}
