import JSONValues

/// A `config.json`, or an object within one, read field by field. A null counts as absent, as it does in Python's
/// configurations. Errors name the file and the whole path of the field.
package struct ConfigurationObject: Sendable {
    package let file: String
    package let members: JSONObject
    /// Fields that stand in the file and count as absent.
    package private(set) var ignored: Set<String> = []
    private let prefix: String  // "rope_scaling." within that object

    package init(contentsOf path: String) throws {
        let bytes = try MappedFile.contents(ofFile: path)
        try GitLFSPointer.refuse(bytes, of: path)
        try self.init(parsing: bytes, source: path)
    }

    package init(parsing bytes: [UInt8], source: String) throws {
        do {
            let value = try JSONValue(parsing: bytes)
            guard case .object(let members) = value else {
                throw JSONError.wrongType(path: "", expected: "an object", got: value.kindName)
            }
            self.init(members, source: source)
        } catch let error as JSONError {
            throw ConfigurationError.invalidJSON(file: source, reason: error)
        }
    }

    package init(_ members: JSONObject, source: String) {
        self.init(members, source, prefix: "")
    }

    private init(_ members: JSONObject, _ file: String, prefix: String) {
        self.file = file
        self.members = members
        self.prefix = prefix
    }

    /// The same, where these fields count as absent. `members` keeps them: what is written from them is what was read.
    package func ignoring(_ fields: Set<String>) -> ConfigurationObject {
        var copy = self
        copy.ignored.formUnion(fields.intersection(fieldNames))
        return copy
    }

    /// The same with another value.
    package func setting(_ field: String, to value: JSONValue) -> ConfigurationObject {
        var changed = members
        changed[key: field] = value
        var copy = ConfigurationObject(changed, file, prefix: prefix)
        copy.ignored = ignored
        return copy
    }

    /// In the order of the file, those that are null or ignored included.
    package var fieldNames: [String] { members.keys.ordered }

    /// nil where the field is absent, null or ignored.
    package func value(_ field: String) -> JSONValue? {
        guard !ignored.contains(field) else { return nil }
        let value = members[key: field]
        return value == .null ? nil : value
    }

    /// The error for a field whose value is well formed but cannot be served.
    package func unsupported(_ field: String, expected: String) -> ConfigurationError {
        let got = value(field).map(Self.shown) ?? "nothing"
        return .unsupportedValue(file: file, field: prefix + field, expected: expected, got: got)
    }

    /// Throws where a field that is not null is in neither set: it might change what the model computes.
    package func rejectUnknownFields(known: Set<String>, ignorable: Set<String>) throws {
        let unknown = fieldNames.filter { !known.contains($0) && !ignorable.contains($0) && value($0) != nil }
        guard unknown.isEmpty else {
            throw ConfigurationError.unknownField(
                file: file, fields: unknown.map { prefix + $0 }, known: known.sorted())
        }
    }
}

extension ConfigurationObject {
    package func int(_ field: String) throws -> Int { try required(field, "an integer", Self.int) }
    package func optionalInt(_ field: String) throws -> Int? { try optional(field, "an integer", Self.int) }
    package func double(_ field: String) throws -> Double { try required(field, "a number", Self.double) }
    package func optionalDouble(_ field: String) throws -> Double? { try optional(field, "a number", Self.double) }
    package func bool(_ field: String) throws -> Bool { try required(field, "true or false", Self.bool) }
    package func optionalBool(_ field: String) throws -> Bool? { try optional(field, "true or false", Self.bool) }
    package func string(_ field: String) throws -> String { try required(field, "a string", Self.string) }
    package func optionalString(_ field: String) throws -> String? { try optional(field, "a string", Self.string) }

    package func ints(_ field: String) throws -> [Int] {
        try required(field, "an array of integers") { Self.elements($0, Self.int) }
    }

    package func optionalInts(_ field: String) throws -> [Int]? {
        try optional(field, "an array of integers") { Self.elements($0, Self.int) }
    }

    package func doubles(_ field: String) throws -> [Double] {
        try required(field, "an array of numbers") { Self.elements($0, Self.double) }
    }

    package func optionalDoubles(_ field: String) throws -> [Double]? {
        try optional(field, "an array of numbers") { Self.elements($0, Self.double) }
    }

    package func strings(_ field: String) throws -> [String] {
        try required(field, "an array of strings") { Self.elements($0, Self.string) }
    }

    package func optionalStrings(_ field: String) throws -> [String]? {
        try optional(field, "an array of strings") { Self.elements($0, Self.string) }
    }

    package func object(_ field: String) throws -> ConfigurationObject {
        try required(field, "an object") { nested($0, field) }
    }

    package func optionalObject(_ field: String) throws -> ConfigurationObject? {
        try optional(field, "an object") { nested($0, field) }
    }

    private func required<Value>(_ field: String, _ expected: String, _ convert: (JSONValue) -> Value?) throws -> Value
    {
        guard let value = try optional(field, expected, convert) else {
            throw ConfigurationError.missingField(file: file, field: prefix + field, expected: expected)
        }
        return value
    }

    private func optional<Value>(_ field: String, _ expected: String, _ convert: (JSONValue) -> Value?) throws -> Value?
    {
        guard let value = value(field) else { return nil }
        guard let converted = convert(value) else {
            throw ConfigurationError.wrongType(
                file: file, field: prefix + field, expected: expected, got: Self.shown(value))
        }
        return converted
    }

    private func nested(_ value: JSONValue, _ field: String) -> ConfigurationObject? {
        guard case .object(let members) = value else { return nil }
        return ConfigurationObject(members, file, prefix: prefix + field + ".")
    }

    private static func int(_ value: JSONValue) -> Int? {
        if case .integer(let value) = value { value } else { nil }
    }

    private static func double(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    private static func bool(_ value: JSONValue) -> Bool? {
        if case .bool(let value) = value { value } else { nil }
    }

    private static func string(_ value: JSONValue) -> String? {
        if case .string(let value) = value { value } else { nil }
    }

    private static func elements<Value>(_ value: JSONValue, _ convert: (JSONValue) -> Value?) -> [Value]? {
        guard case .array(let values) = value else { return nil }
        let converted = values.compactMap(convert)
        return converted.count == values.count ? converted : nil
    }

    private static func shown(_ value: JSONValue) -> String {
        String(decoding: value.compact, as: UTF8.self).shortened(toBytes: 80)
    }
}
