extension JSONReader {
    /// Calls `body` with each key when its value comes next; `body` must consume the value. A key given twice is an error. Returns the
    /// keys, in order.
    @discardableResult
    package mutating func object(_ body: (inout JSONReader, String) throws -> Void) throws -> JSONKeys {
        var keys = JSONKeys()
        try members { reader, key in
            let name = try reader.string(key)
            guard keys.insert(name) else {
                throw reader.duplicate(key)
            }
            try body(&reader, name)
        }
        return keys
    }

    /// Calls `body` with each key, as it stands in the text, when its value comes next; `body` must consume the value. A key may come
    /// twice, or more often.
    package mutating func members(_ body: (inout JSONReader, JSONText) throws -> Void) throws {
        try expect(.object, "an object")
        try descend()
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return ascend() }
        while true {
            skipSpace()
            guard offset < bytes.count else { throw JSONError.unexpectedEnd(path: pathText, offset: offset) }
            guard bytes[offset] == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let key = try scanString()
            path.push(.field(key))
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
            try body(&self, key)
            path.pop()
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return ascend() }
            throw unexpected("',' or '}'")
        }
    }

    /// Calls `body` with each index when that element comes next; `body` must consume it. Returns the count.
    @discardableResult
    package mutating func array(_ body: (inout JSONReader, Int) throws -> Void) throws -> Int {
        try expect(.array, "an array")
        try descend()
        offset += 1
        skipSpace()
        var count = 0
        if take(UInt8(ascii: "]")) {
            ascend()
            return count
        }
        while true {
            path.push(.index(count))
            try body(&self, count)
            path.pop()
            count += 1
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
            ascend()
            return count
        }
    }

    /// Passes over the next value, whose grammar is checked and of which nothing is kept. Returns what it was.
    @discardableResult
    package mutating func skip() throws -> Kind {
        let kind = try peek()
        switch kind {
        case .null: try expectWord("null")
        case .boolean: _ = try bool()
        case .number: _ = try scanNumber()
        case .string: try checkUTF8(scanString())
        case .array: try array { reader, _ in _ = try reader.skip() }
        case .object:
            try members { reader, key in
                try reader.checkUTF8(key)
                _ = try reader.skip()
            }
        }
        return kind
    }

    /// The next value as it stands in the text, its grammar checked: for who hands it on.
    package mutating func verbatim() throws -> [UInt8] {
        skipSpace()
        let start = offset
        try skip()
        return Array(bytes[start..<offset])
    }

    mutating func descend() throws {
        depth += 1
        guard depth <= Self.maxDepth else { throw JSONError.tooDeep(path: pathText, limit: Self.maxDepth) }
    }

    mutating func ascend() { depth -= 1 }
}
