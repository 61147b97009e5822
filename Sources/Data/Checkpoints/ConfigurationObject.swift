import JSONValues
import System

/// A `config.json`, or an object within one, read field by field. A null counts as absent, as it does in Python's
/// configurations. Errors name the file and the whole path of the field.
package struct ConfigurationObject: Sendable {
    /// Path of the file, or what stands for it, for errors.
    package let file: String
    /// All fields as they were read, in their order, those that are null or ignored included: what is written back.
    package let members: JSONObject
    /// Fields that stand in the file and count as absent.
    package private(set) var ignored: Set<String> = []
    private let prefix: String  // "rope_scaling." within that object

    /// Reads a file that holds one JSON object.
    ///
    /// - Throws: `SystemError`, `ModelDirectoryError.gitLFSPointer` for what git-lfs left in place of the file,
    ///   `ConfigurationError.invalidJSON`.
    package init(contentsOf path: String) throws {
        let bytes = try MappedFile.contents(ofFile: path)
        try GitLFSPointer.refuse(bytes, of: path)
        try self.init(parsing: bytes, source: path)
    }

    /// Parses one JSON object.
    ///
    /// - Parameter source: what errors call the file.
    /// - Throws: `ConfigurationError.invalidJSON`, also for a value of another kind.
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

    /// A copy in which these fields count as absent. `members` keeps them: what is written from them is what was read.
    package func ignoring(_ fields: Set<String>) -> ConfigurationObject {
        var copy = self
        copy.ignored.formUnion(fields.intersection(fieldNames))
        return copy
    }

    /// A copy in which one field has another value. A field that is ignored stays so.
    package func setting(_ field: String, to value: JSONValue) -> ConfigurationObject {
        var changed = members
        changed[key: field] = value
        var copy = ConfigurationObject(changed, file, prefix: prefix)
        copy.ignored = ignored
        return copy
    }

    /// Names of all fields in the order of the file, those that are null or ignored included.
    package var fieldNames: [String] { members.keys.ordered }

    /// Value of a field as it was parsed; nil where the field is absent, null or ignored.
    package func value(_ field: String) -> JSONValue? {
        guard !ignored.contains(field) else { return nil }
        let value = members[key: field]
        return value == .null ? nil : value
    }

    /// Error for a field whose value is well formed but cannot be served; the caller throws it.
    package func unsupported(_ field: String, expected: String) -> ConfigurationError {
        let got = value(field).map(Self.shown) ?? "nothing"
        return .unsupportedValue(file: file, field: prefix + field, expected: expected, got: got)
    }

    /// Throws `ConfigurationError.unknownField` where a field that is not null is in neither set: it might change what the model
    /// computes.
    package func rejectUnknownFields(known: Set<String>, ignorable: Set<String>) throws {
        let unknown = fieldNames.filter { !known.contains($0) && !ignorable.contains($0) && value($0) != nil }
        guard unknown.isEmpty else {
            throw ConfigurationError.unknownField(
                file: file, fields: unknown.map { prefix + $0 }, known: known.sorted())
        }
    }
}

extension ConfigurationObject {
    /// An integer that must be there. A number with a point, even 1.0, is none.
    ///
    /// - Throws: `ConfigurationError.missingField`, `.wrongType`.
    package func int(_ field: String) throws -> Int { try required(field, "an integer", Self.int) }
    /// An integer; nil where the field is absent, null or ignored. A number with a point, even 1.0, is none.
    ///
    /// - Throws: `ConfigurationError.wrongType`.
    package func optionalInt(_ field: String) throws -> Int? { try optional(field, "an integer", Self.int) }
    /// A number that must be there; an integer is one.
    ///
    /// - Throws: `ConfigurationError.missingField`, `.wrongType`.
    package func double(_ field: String) throws -> Double { try required(field, "a number", Self.double) }
    /// A number; an integer is one. nil where the field is absent, null or ignored.
    ///
    /// - Throws: `ConfigurationError.wrongType`.
    package func optionalDouble(_ field: String) throws -> Double? { try optional(field, "a number", Self.double) }
    /// A true or false that must be there; 0 and 1 are neither.
    ///
    /// - Throws: `ConfigurationError.missingField`, `.wrongType`.
    package func bool(_ field: String) throws -> Bool { try required(field, "true or false", Self.bool) }
    /// A true or false; nil where the field is absent, null or ignored.
    ///
    /// - Throws: `ConfigurationError.wrongType`.
    package func optionalBool(_ field: String) throws -> Bool? { try optional(field, "true or false", Self.bool) }
    /// A string that must be there.
    ///
    /// - Throws: `ConfigurationError.missingField`, `.wrongType`.
    package func string(_ field: String) throws -> String { try required(field, "a string", Self.string) }
    /// A string; nil where the field is absent, null or ignored.
    ///
    /// - Throws: `ConfigurationError.wrongType`.
    package func optionalString(_ field: String) throws -> String? { try optional(field, "a string", Self.string) }

    /// An array of integers that must be there, possibly empty.
    ///
    /// - Throws: `ConfigurationError.missingField`; `.wrongType`, also where one element is no integer.
    package func ints(_ field: String) throws -> [Int] {
        try required(field, "an array of integers") { Self.elements($0, Self.int) }
    }

    /// An array of integers, possibly empty; nil where the field is absent, null or ignored.
    ///
    /// - Throws: `ConfigurationError.wrongType`, also where one element is no integer.
    package func optionalInts(_ field: String) throws -> [Int]? {
        try optional(field, "an array of integers") { Self.elements($0, Self.int) }
    }

    /// An array of numbers that must be there, possibly empty.
    ///
    /// - Throws: `ConfigurationError.missingField`; `.wrongType`, also where one element is no number.
    package func doubles(_ field: String) throws -> [Double] {
        try required(field, "an array of numbers") { Self.elements($0, Self.double) }
    }

    /// An array of strings that must be there, possibly empty.
    ///
    /// - Throws: `ConfigurationError.missingField`; `.wrongType`, also where one element is no string.
    package func strings(_ field: String) throws -> [String] {
        try required(field, "an array of strings") { Self.elements($0, Self.string) }
    }

    /// An array of strings, possibly empty; nil where the field is absent, null or ignored.
    ///
    /// - Throws: `ConfigurationError.wrongType`, also where one element is no string.
    package func optionalStrings(_ field: String) throws -> [String]? {
        try optional(field, "an array of strings") { Self.elements($0, Self.string) }
    }

    /// An object that must be there. Its own errors name fields by the whole path; what is ignored here is not ignored in it.
    ///
    /// - Throws: `ConfigurationError.missingField`, `.wrongType`.
    package func object(_ field: String) throws -> ConfigurationObject {
        try required(field, "an object") { nested($0, field) }
    }

    /// An object; nil where the field is absent, null or ignored. Its own errors name fields by the whole path; what is ignored here
    /// is not ignored in it.
    ///
    /// - Throws: `ConfigurationError.wrongType`.
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
