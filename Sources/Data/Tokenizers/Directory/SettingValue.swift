/// A value of tokenizer_config.json or special_tokens_map.json, as far as it may name tokens.
indirect enum SettingValue {
    case null
    case text([UInt8])
    case token(AddedTokenDefinition)
    case list([SettingValue])
    case object(JSONFields)
    /// Anything else: what it is, and whether Python takes it for true.
    case other(kind: String, isTrue: Bool)

    init(_ node: JSONDocument.Node, path: String, in fields: JSONFields) throws {
        switch node {
        case .null: self = .null
        case .bool(let value): self = .other(kind: node.kind, isTrue: value)
        case .integer(let value): self = .other(kind: node.kind, isTrue: value != 0)
        case .number(let value): self = .other(kind: node.kind, isTrue: value != 0)
        case .string(let text): self = .text(Array(fields.document.bytes(text)))
        case .array(let elements):
            self = .list(
                try elements.enumerated().map { try SettingValue($1, path: "\(path)[\($0)]", in: fields) })
        case .object:
            self = .object(try JSONFields(node, path: path, document: fields.document, source: fields.source))
        }
    }

    var isTrue: Bool {
        switch self {
        case .null: false
        case .text(let text): !text.isEmpty
        case .token: true
        case .list(let values): !values.isEmpty
        case .object(let fields): !fields.members.isEmpty
        case .other(_, let isTrue): isTrue
        }
    }

    /// What the token is called; nil where the value is no token.
    var content: [UInt8]? {
        switch self {
        case .text(let text): text
        case .token(let token): token.content
        default: nil
        }
    }

    var kind: String {
        switch self {
        case .null: "null"
        case .text: "a string"
        case .token: "a token"
        case .list: "an array"
        case .object: "an object"
        case .other(let kind, _): kind
        }
    }

    /// Objects marked `"__type": "AddedToken"` are tokens.
    func withMarkedTokens() throws -> SettingValue {
        switch self {
        case .list(let values): return .list(try values.map { try $0.withMarkedTokens() })
        case .object(let fields):
            guard case .string(let mark)? = fields.member("__type"), fields.document.string(mark) == "AddedToken" else {
                return self
            }
            return .token(try AddedTokenDefinition(pythonKeywords: fields))
        default: return self
        }
    }

    /// An object is a special token, as special_tokens_map.json writes them.
    func asSpecialToken() throws -> SettingValue {
        guard case .object(let fields) = self else { return self }
        return .token(try AddedTokenDefinition(pythonKeywords: fields, isSpecial: true))
    }

    /// Python's `==` of strings and tokens: a string equals no token.
    func isSame(as other: SettingValue) -> Bool {
        switch (self, other) {
        case (.text(let one), .text(let other)): one == other
        case (.token(let one), .token(let other)): one == other
        default: false
        }
    }
}
