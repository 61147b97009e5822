import Checkpoints
import JSONValues
import Tensors

/// The most that a field of config.json may say.
enum FieldLimits {
    static let size = 1 << 20
    static let layers = 1 << 12
    /// Of ids and positions, each an Int32 with room to spare.
    static let count = 1 << 28
}

/// Windows of families whose config.json may leave them out.
enum WindowField {
    static let name = "sliding_window"
    static let ifAbsent = 4096

    /// nil for null.
    static func value(_ configuration: ConfigurationObject) throws -> Int? {
        try configuration.positiveInt(name, unlessNull: ifAbsent, atMost: FieldLimits.count)
    }

    /// As `ModelFamily.valuesIfAbsent` has it.
    static let valueIfAbsent: [String: JSONValue] = [name: .integer(ifAbsent)]
}

/// Fields that several families read in the same way.
extension ConfigurationObject {
    /// Whether the field stands in the file as null. transformers tells that from an absent field: absent means the
    /// family's default, null means none.
    func isNull(_ field: String) -> Bool { members[key: field] == .null && !ignored.contains(field) }

    /// A size: one that no model has is refused, so that products of sizes stay numbers.
    func positiveInt(_ field: String, atMost limit: Int = FieldLimits.size) throws -> Int {
        let value = try int(field)
        guard value > 0 else { throw unsupported(field, expected: "a positive number") }
        guard value <= limit else { throw unsupported(field, expected: "at most \(limit)") }
        return value
    }

    func positiveInt(_ field: String, ifAbsent fallback: Int, atMost limit: Int = FieldLimits.size) throws -> Int {
        value(field) == nil ? fallback : try positiveInt(field, atMost: limit)
    }

    /// nil for null.
    func positiveInt(
        _ field: String, unlessNull fallback: Int, atMost limit: Int = FieldLimits.size
    ) throws -> Int? {
        isNull(field) ? nil : try positiveInt(field, ifAbsent: fallback, atMost: limit)
    }

    /// nil for null.
    func positiveFloat(_ field: String, unlessNull fallback: Double?) throws -> Float? {
        guard !isNull(field), let value = try optionalDouble(field) ?? fallback else { return nil }
        guard value > 0 else { throw unsupported(field, expected: "a positive number or null") }
        return Float(value)
    }

    /// false for null, as Python takes it where a field is asked for its truth.
    func bool(_ field: String, ifAbsent fallback: Bool) throws -> Bool {
        isNull(field) ? false : try optionalBool(field) ?? fallback
    }

    func activation(_ field: String, ifAbsent fallback: String) throws -> GatedActivation {
        switch try optionalString(field) ?? fallback {
        case "silu", "swish": return .silu
        case "gelu_pytorch_tanh", "gelu_new": return .geluTanh
        default: throw unsupported(field, expected: "silu or gelu_pytorch_tanh")
        }
    }

    /// For a field that these families do not read, and that would have to change the numbers if it said anything else.
    func require(_ field: String, equals neutral: JSONValue) throws {
        guard let value = value(field), value != neutral else { return }
        if case .number(let wanted) = neutral, case .integer(let given) = value, Double(given) == wanted { return }
        throw unsupported(field, expected: String(decoding: neutral.compact, as: UTF8.self))
    }
}

/// Which layers attend through a sliding window, from `layer_types`.
struct LayerTypes {
    let isSliding: [Bool]  // [L]

    /// - Parameter isSlidingByDefault: where config.json has no `layer_types`.
    init(_ configuration: ConfigurationObject, layers: Int, isSlidingByDefault: (Int) -> Bool) throws {
        guard let types = try configuration.optionalStrings("layer_types") else {
            isSliding = (0..<layers).map(isSlidingByDefault)
            return
        }
        guard types.count == layers else {
            throw configuration.unsupported("layer_types", expected: "one entry for each of \(layers) layers")
        }
        guard types.allSatisfy({ $0 == "full_attention" || $0 == "sliding_attention" }) else {
            throw configuration.unsupported(
                "layer_types", expected: "full_attention and sliding_attention only")
        }
        isSliding = types.map { $0 == "sliding_attention" }
    }

    /// The window of each layer; a sliding layer without a window is an error.
    func windows(_ window: Int?, _ configuration: ConfigurationObject, field: String = "sliding_window") throws
        -> [Int?]
    {
        guard window != nil || !isSliding.contains(true) else {
            throw configuration.unsupported(field, expected: "a window for the layers with sliding attention")
        }
        return isSliding.map { $0 ? window : nil }
    }
}
