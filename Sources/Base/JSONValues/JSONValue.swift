/// Any JSON value. Integers that fit are kept exactly and apart from other numbers; an integer literal beyond 64 bits
/// is the nearest double. Equality is that of the parts, so `1` is not `1.0` and the order of an object's keys counts;
/// `canonical` is blind to both.
package enum JSONValue: Hashable, Sendable {
    case null
    /// true or false.
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int)
    /// Any other number, as the nearest double; a finite one.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads the one value that `bytes` hold; nothing but white space may come after it.
    ///
    /// - Throws: `JSONError`.
    package init(parsing bytes: [UInt8]) throws {
        self = try JSONReader.read(bytes) { try $0.value() }
    }

    /// What it is, for messages: "an integer", "null".
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONReader {
    /// Reads whatever value comes next, and keeps all of it.
    package mutating func value() throws -> JSONValue {
        switch try peek() {
        case .null:
            try expectWord("null")
            return .null
        case .boolean: return .bool(try bool())
        case .string: return .string(try string())
        case .number: return try numberValue()
        case .array:
            var elements: [JSONValue] = []
            try array { reader, _ in elements.append(try reader.value()) }
            return .array(elements)
        case .object:
            var values: [JSONValue] = []
            let keys = try object { reader, _ in values.append(try reader.value()) }
            return .object(JSONObject(keys: keys, values: values))
        }
    }

    private mutating func numberValue() throws -> JSONValue {
        let number = try scanNumber()
        if number.isInteger, number.isExact,
            let value = Int(exactlyNegative: number.isNegative, magnitude: number.digits)
        {
            return .integer(value)
        }
        return .number(try double(number))
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key: key] = value }
        self = .object(object)
    }

    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
