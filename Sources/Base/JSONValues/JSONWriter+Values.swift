extension JSONWriter {
    /// Writes a member whose value is a string.
    package mutating func field(_ name: String, _ value: String) {
        key(name)
        write(value)
    }

    /// Writes a member whose value is true or false.
    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        write(value)
    }

    /// Writes a member whose value is an integer of at most 64 bits.
    package mutating func field(_ name: String, _ value: some FixedWidthInteger) {
        key(name)
        write(value)
    }

    /// Writes a member whose value is a number, or null for NaN; an infinity traps.
    package mutating func field(_ name: String, _ value: Float) {
        key(name)
        write(value)
    }

    /// Writes a member whose value is a number, or null for NaN; an infinity traps.
    package mutating func field(_ name: String, _ value: Double) {
        key(name)
        write(value)
    }

    /// Writes a member whose value is an array of strings, on one line.
    package mutating func field(_ name: String, _ values: [String]) {
        key(name)
        array { writer in
            for value in values {
                writer.element()
                writer.write(value)
            }
        }
    }

    /// Writes a member whose value is an array of integers, on one line.
    package mutating func field(_ name: String, _ values: [some FixedWidthInteger]) {
        key(name)
        array { writer in
            for value in values {
                writer.element()
                writer.write(value)
            }
        }
    }

    /// Writes a member whose value is an array of numbers, on one line; NaNs are nulls.
    package mutating func field(_ name: String, _ values: [Float]) {
        key(name)
        array { writer in
            for value in values {
                writer.element()
                writer.write(value)
            }
        }
    }

    /// Writes a member whose value is any JSON value.
    package mutating func field(_ name: String, _ value: JSONValue) {
        key(name)
        write(value)
    }

    /// Writes any JSON value; arrays that hold arrays or objects go over several lines where the writer indents.
    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .bool(let value): write(value)
        case .integer(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let values): writeArray(values)
        case .object(let object):
            self.object { writer in
                for (key, value) in object.members { writer.field(key, value) }
            }
        }
    }

    private mutating func writeArray(_ values: [JSONValue]) {
        let isNested = values.contains { value in
            switch value {
            case .array, .object: true
            default: false
            }
        }
        array(onLines: isNested) { writer in
            for value in values {
                writer.element(onLine: isNested)
                writer.write(value)
            }
        }
    }
}

extension JSONValue {
    /// The value on one line, members in the order written.
    package var compact: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The value as Hugging Face writes its files: two spaces a level and a line break at the end.
    package var indented: [UInt8] {
        var writer = JSONWriter(indent: 2)
        writer.write(self)
        return writer.bytes + [0x0A]
    }

    /// The value on one line that depends on the meaning alone: members by the bytes of their keys, and a number that is a whole one
    /// of at most 2^53 written as an integer (`10000.0` as `10000`). For fingerprints.
    package var canonical: [UInt8] {
        var writer = JSONWriter()
        writer.write(canonicalized)
        return writer.bytes
    }

    private var canonicalized: JSONValue {
        switch self {
        case .number(let value) where value.magnitude <= 0x1p53 && value == value.rounded(): .integer(Int(value))
        case .array(let values): .array(values.map(\.canonicalized))
        case .object(let object): .object(object.sortedByKey(mapping: \.canonicalized))
        default: self
        }
    }
}

extension JSONObject {
    fileprivate func sortedByKey(mapping transform: (JSONValue) -> JSONValue) -> JSONObject {
        var sorted = JSONObject()
        for (key, value) in members.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
            sorted[key: key] = transform(value)
        }
        return sorted
    }
}
