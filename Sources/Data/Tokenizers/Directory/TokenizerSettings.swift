/// What the files beside tokenizer.json say of tokens, by key, in the order in which the keys were met; an entry knows its file.
struct TokenizerSettings {
    struct Entry {
        var name: String
        var value: SettingValue
        var file: String

        func wrongType(_ expected: String) -> TokenizerError {
            .wrongType(source: file, field: name, expected: expected, got: value.kind)
        }
    }

    /// The token attributes of every tokenizer, in the order in which they are added.
    static let attributes = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]
    private static let lists: Set<String> = [
        "extra_special_tokens", "additional_special_tokens", "model_specific_special_tokens", "added_tokens_decoder",
    ]
    private static let switches: Set<String> = ["add_bos_token", "add_eos_token"]

    private(set) var entries: [Entry] = []

    init() {}

    /// The keys of tokenizer_config.json that may name tokens.
    init(configuration fields: JSONFields?) throws {
        guard let fields else { return }
        if case .bool(true)? = fields.member("split_special_tokens") {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: "split_special_tokens", value: "true",
                reason: "special tokens in a text would be spelled out; remove it")
        }
        for (name, node) in fields.members where Self.mayNameTokens(name) {
            set(name, try SettingValue(node, path: name, in: fields), file: fields.source)
        }
        if self["extra_special_tokens"]?.value.isTrue != true,
            let additional = remove("additional_special_tokens")
        {
            set("extra_special_tokens", additional.value, file: additional.file)
        }
    }

    private static func mayNameTokens(_ name: String) -> Bool {
        lists.contains(name) || name.hasSuffix("_token") && !switches.contains(name)
    }

    subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// A key that is there keeps its place.
    mutating func set(_ name: String, _ value: SettingValue, file: String) {
        let entry = Entry(name: name, value: value, file: file)
        if let place = entries.firstIndex(where: { $0.name == name }) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }

    @discardableResult
    mutating func remove(_ name: String) -> Entry? {
        entries.firstIndex { $0.name == name }.map { entries.remove(at: $0) }
    }

    /// - Throws: `TokenizerError.wrongType` where a marked token has a field of a wrong type.
    mutating func convertMarkedTokens() throws {
        for place in entries.indices { entries[place].value = try entries[place].value.withMarkedTokens() }
    }

    /// Takes out the tokens to which a model gives keys of its own (`"image_token": "<image>"`, or `extra_special_tokens` as an object).
    mutating func takeOwnTokens() throws -> TokenizerSettings {
        var own = TokenizerSettings()
        for entry in entries where entry.name.hasSuffix("_token") && !Self.attributes.contains(entry.name) {
            guard case .text = entry.value else { continue }
            own.set(entry.name, entry.value, file: entry.file)
            remove(entry.name)
        }
        try own.take("extra_special_tokens", from: &self)
        let written = self["model_specific_special_tokens"]
        if own.entries.isEmpty, let written, written.value.isTrue {
            guard case .object = written.value else { throw written.wrongType("an object of name to token") }
            try own.take(written.name, from: &self)
        }
        return own
    }

    /// The members of an object become entries.
    private mutating func take(_ name: String, from other: inout TokenizerSettings) throws {
        guard let entry = other[name], case .object(let fields) = entry.value else { return }
        other.remove(name)
        for (key, node) in fields.members {
            set(key, try SettingValue(node, path: fields.fieldPath(key), in: fields), file: entry.file)
        }
    }

    /// special_tokens_map.json, whose keys count more than those of tokenizer_config.json.
    mutating func merge(_ map: JSONFields?, own: inout TokenizerSettings) throws {
        guard let map else { return }
        for (name, node) in map.members where Self.mayNameTokens(name) {
            let value = try SettingValue(node, path: name, in: map)
            switch value {
            case .list(let added) where name == "extra_special_tokens":
                var extra: [SettingValue] = []
                if case .list(let known)? = self[name]?.value { extra = known }
                for value in added {
                    let value = try value.asSpecialToken()
                    if !extra.contains(where: { $0.isSame(as: value) }) { extra.append(value) }
                }
                set(name, .list(extra), file: map.source)
            case .object where name != "extra_special_tokens":
                set(name, try value.asSpecialToken(), file: map.source)
            default: set(name, value, file: map.source)
            }
        }
        try own.take("extra_special_tokens", from: &self)
    }

    /// Attributes first, then what a model names itself: in the order in which they are added. Nulls name nothing.
    func namedTokens(own: TokenizerSettings) throws -> TokenizerSettings {
        var named = TokenizerSettings()
        for name in Self.attributes {
            guard let entry = self[name] else { continue }
            if case .null = entry.value { continue }
            named.set(name, entry.value, file: entry.file)
        }
        for entry in entries where entry.name.hasSuffix("_token") && entry.value.content != nil {
            named.set(entry.name, entry.value, file: entry.file)
        }
        for entry in own.entries { named.set(entry.name, entry.value, file: entry.file) }
        return named
    }

    /// The list without names, element by element.
    func extraTokens() throws -> [Entry] {
        guard let entry = self["extra_special_tokens"] ?? self["additional_special_tokens"] else { return [] }
        switch entry.value {
        case .null: return []
        case .list(let values):
            return values.enumerated().map { Entry(name: "\(entry.name)[\($0)]", value: $1, file: entry.file) }
        default: throw entry.wrongType("an array of tokens, or an object of name to token")
        }
    }
}
