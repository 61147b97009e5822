import Checkpoints
import Foundation

/// Context extensions of a rotary embedding, from `rope_parameters` or the older `rope_theta` with `rope_scaling`.
extension RotaryEmbedding {
    /// Fields of config.json that `init(configuration:)` reads.
    package static let configurationFields: Set<String> = ["rope_theta", "rope_scaling", "rope_parameters"]

    /// The model's only rotary embedding.
    ///
    /// - Parameter defaultTheta: transformers' default for the family.
    package init(configuration: ConfigurationObject, width: Int, contextLength: Int, defaultTheta: Double) throws {
        let theta = try configuration.optionalDouble("rope_theta")
        let field = try configuration.optionalObject("rope_parameters") != nil ? "rope_parameters" : "rope_scaling"
        // transformers would take the older field where both say something.
        if let parameters = configuration.value("rope_parameters") {
            try configuration.require("rope_scaling", equals: parameters)
        }
        guard let parameters = try configuration.optionalObject(field) else {
            self.init(width: width, theta: theta ?? defaultTheta)
            return
        }
        try self.init(
            parameters: parameters, width: width, contextLength: contextLength, defaultTheta: theta ?? defaultTheta)
    }

    /// A rotary embedding as one object describes it: `rope_type` (or the older `type`), `rope_theta` and what the type needs.
    package init(parameters: ConfigurationObject, width: Int, contextLength: Int, defaultTheta: Double) throws {
        let typeField = parameters.value("rope_type") != nil ? "rope_type" : "type"
        let type = try parameters.optionalString(typeField) ?? "default"
        let theta = try parameters.optionalDouble("rope_theta") ?? defaultTheta
        self.init(width: width, theta: theta)
        if let part = try parameters.optionalDouble("partial_rotary_factor"), part != 1 {
            throw parameters.unsupported("partial_rotary_factor", expected: "1")
        }
        let common: Set<String> = ["rope_type", "type", "rope_theta", "partial_rotary_factor"]
        switch type {
        case "default":
            try parameters.rejectUnknownFields(known: common, ignorable: [])
        case "linear":
            try parameters.rejectUnknownFields(known: common.union(["factor"]), ignorable: [])
            let factor = Float(try parameters.double("factor"))
            inverseFrequencies = inverseFrequencies.map { $0 / factor }
        case "llama3":
            try applyLlama3(parameters, common, contextLength: contextLength)
        case "yarn":
            try applyYaRN(parameters, common, theta: theta, contextLength: contextLength)
        default:
            throw parameters.unsupported(typeField, expected: "default, linear, llama3 or yarn")
        }
    }

    /// Long wavelengths slowed by `factor`, short ones kept, a smooth step between (Llama 3.1).
    private mutating func applyLlama3(
        _ parameters: ConfigurationObject, _ common: Set<String>, contextLength: Int
    ) throws {
        let fields: Set = ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]
        try parameters.rejectUnknownFields(known: common.union(fields), ignorable: [])
        let factor = Float(try parameters.double("factor"))
        let low = Float(try parameters.double("low_freq_factor"))
        let high = Float(try parameters.double("high_freq_factor"))
        let original = Float(
            try parameters.optionalDouble("original_max_position_embeddings") ?? Double(contextLength))
        inverseFrequencies = inverseFrequencies.map { frequency in
            let wavelength = Float(2 * Double.pi) / frequency  // Float.pi is rounded down
            if wavelength > original / low { return frequency / factor }
            if wavelength < original / high { return frequency }
            let smooth = (original / wavelength - low) / (high - low)
            return (1 - smooth) * frequency / factor + smooth * frequency
        }
    }

    /// YaRN (Peng et al. 2023, arXiv 2309.00071): frequencies between two turns-per-context bounds are blended.
    private mutating func applyYaRN(
        _ parameters: ConfigurationObject, _ common: Set<String>, theta: Double, contextLength: Int
    ) throws {
        let fields: Set = [
            "factor", "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate",
            "original_max_position_embeddings",
        ]
        try parameters.rejectUnknownFields(known: common.union(fields), ignorable: [])
        let original = try parameters.optionalInt("original_max_position_embeddings") ?? contextLength
        let factor = try parameters.double("factor")
        attentionFactor = Float(try Self.yarnAttentionFactor(parameters, factor))
        func feature(turns: Double) -> Double {
            Double(width) * log(Double(original) / (turns * 2 * .pi)) / (2 * log(theta))
        }
        var low = feature(turns: try parameters.optionalDouble("beta_fast") ?? 32)
        var high = feature(turns: try parameters.optionalDouble("beta_slow") ?? 1)
        if try parameters.bool("truncate", ifAbsent: true) { (low, high) = (low.rounded(.down), high.rounded(.up)) }
        (low, high) = (max(low, 0), min(high, Double(width - 1)))
        if low == high { high += 0.001 }
        for index in inverseFrequencies.indices {
            let ramp = min(max((Float(index) - Float(low)) / Float(high - low), 0), 1)
            let frequency = inverseFrequencies[index]
            inverseFrequencies[index] = frequency / Float(factor) * ramp + frequency * (1 - ramp)
        }
    }

    private static func yarnAttentionFactor(_ parameters: ConfigurationObject, _ factor: Double) throws -> Double {
        if let given = try parameters.optionalDouble("attention_factor") { return given }
        func scale(_ multiplier: Double) -> Double { factor <= 1 ? 1 : 0.1 * multiplier * log(factor) + 1 }
        let numerator = try parameters.optionalDouble("mscale") ?? 0
        let denominator = try parameters.optionalDouble("mscale_all_dim") ?? 0
        return numerator != 0 && denominator != 0 ? scale(numerator) / scale(denominator) : scale(1)
    }
}
