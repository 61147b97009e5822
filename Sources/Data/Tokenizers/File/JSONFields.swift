/// One object of tokenizer.json, read strictly: every field must be known, none may come twice, and each error names
/// the file and the path of the field.
struct JSONFields {
    let document: JSONDocument
    let source: String
    let path: String
    /// In the order of the file, those that are null included.
    let members: [(name: String, value: JSONDocument.Node)]

    init(_ node: JSONDocument.Node, path: String, document: JSONDocument, source: String) throws {
        guard case .object(let members) = node else {
            throw TokenizerError.wrongType(source: source, field: path, expected: "an object", got: node.kind)
        }
        self.document = document
        self.source = source
        self.path = path
        self.members = members.map { (document.string($0.key), $0.value) }
        var seen: Set<String> = []
        for member in self.members where !seen.insert(member.name).inserted {
            throw TokenizerError.repeatedField(source: source, field: fieldPath(member.name))
        }
    }

    /// - Throws: `TokenizerError.unknownField` for the first field that is not in `known`.
    func rejectUnknown(known: Set<String>) throws {
        for member in members where !known.contains(member.name) {
            throw TokenizerError.unknownField(source: source, field: fieldPath(member.name))
        }
    }

    func fieldPath(_ name: String) -> String { path.isEmpty ? name : path + "." + name }

    /// nil where the field is absent.
    func member(_ name: String) -> JSONDocument.Node? { members.first(where: { $0.name == name })?.value }

    /// nil where the field is absent or null.
    func optional(_ name: String) -> JSONDocument.Node? {
        guard let value = member(name) else { return nil }
        if case .null = value { return nil }
        return value
    }

    func required(_ name: String, expected: String) throws -> JSONDocument.Node {
        guard let value = optional(name) else {
            throw TokenizerError.missingField(source: source, field: fieldPath(name), expected: expected)
        }
        return value
    }

    func wrongType(_ name: String, expected: String, got: JSONDocument.Node) -> TokenizerError {
        .wrongType(source: source, field: fieldPath(name), expected: expected, got: got.kind)
    }

    func optionalBool(_ name: String) throws -> Bool? {
        guard let node = optional(name) else { return nil }
        guard case .bool(let value) = node else { throw wrongType(name, expected: "a boolean", got: node) }
        return value
    }

    func bool(_ name: String) throws -> Bool {
        let node = try required(name, expected: "a boolean")
        guard case .bool(let value) = node else { throw wrongType(name, expected: "a boolean", got: node) }
        return value
    }

    func optionalBytes(_ name: String) throws -> [UInt8]? {
        guard let node = optional(name) else { return nil }
        guard case .string(let text) = node else { throw wrongType(name, expected: "a string", got: node) }
        return Array(document.bytes(text))
    }

    func optionalString(_ name: String) throws -> String? {
        try optionalBytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    func bytes(_ name: String) throws -> [UInt8] {
        let node = try required(name, expected: "a string")
        guard case .string(let text) = node else { throw wrongType(name, expected: "a string", got: node) }
        return Array(document.bytes(text))
    }

    func string(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    /// A string of exactly one Unicode scalar.
    func scalar(_ name: String) throws -> Unicode.Scalar {
        let text = try string(name)
        guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
            throw TokenizerError.unsupportedValue(
                source: source, field: fieldPath(name), value: "\"\(text)\"", reason: "one character was expected")
        }
        return scalar
    }

    func count(_ name: String) throws -> Int {
        let node = try required(name, expected: "a count")
        guard case .integer(let value) = node, value >= 0 else { throw wrongType(name, expected: "a count", got: node) }
        return value
    }

    func array(_ name: String) throws -> [JSONDocument.Node] {
        let node = try required(name, expected: "an array")
        guard case .array(let elements) = node else { throw wrongType(name, expected: "an array", got: node) }
        return elements
    }

    func object(_ name: String) throws -> JSONFields {
        try JSONFields(
            required(name, expected: "an object"), path: fieldPath(name), document: document, source: source)
    }

    /// The elements of an array of objects.
    func objects(_ name: String) throws -> [JSONFields] {
        try array(name).enumerated().map { at, node in
            try JSONFields(node, path: "\(fieldPath(name))[\(at)]", document: document, source: source)
        }
    }

    func unsupportedStage(_ type: String) -> TokenizerError {
        .unsupportedStage(source: source, field: path.isEmpty ? "the file" : path, type: type)
    }
}
