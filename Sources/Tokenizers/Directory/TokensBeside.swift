/// The tokens that `transformers` adds to those of tokenizer.json when it loads a model's directory, because tokenizer_config.json,
/// special_tokens_map.json or added_tokens.json names them.
///
/// Follows `PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__` of transformers 5.23, step by step. What they
/// refuse is refused here, by the file and the name of the field.
struct TokensBeside {
    struct Addition {
        var token: AddedTokenDefinition
        let file: String
    }

    /// In the order in which they are added. One may be there already: it takes the new flags.
    let additions: [Addition]
    /// What a file numbers.
    let numbered: [NumberedToken]
    /// `eos_token`, as the files name it.
    let endOfSequence: [UInt8]?

    /// - Parameters:
    ///   - known: the added tokens of tokenizer.json.
    ///   - paddingToken: of its padding section.
    init(_ files: TokenizerFiles, known: [AddedToken], paddingToken: [UInt8]?) throws {
        var settings = try TokenizerSettings(configuration: files.configuration)
        var own = try settings.takeOwnTokens()
        let numbered: [NumberedToken]
        if let decoder = settings["added_tokens_decoder"] {
            numbered = try NumberedToken.decoder(decoder)
        } else {
            try settings.merge(files.specialTokensMap, own: &own)
            numbered = try NumberedToken.addedTokens(files.addedTokens, settings)
        }
        try settings.convertMarkedTokens()
        try own.convertMarkedTokens()
        if let paddingToken, settings["pad_token"] == nil {
            settings.set("pad_token", .text(paddingToken), file: files.source)
        }
        let named = try settings.namedTokens(own: own)
        let extra = try settings.extraTokens()

        let isFromMap = settings["added_tokens_decoder"] == nil
        let idsOfKnown = Set(known.map(\.id))
        let definitions = Dictionary(
            known.map(AddedTokenDefinition.init).map { ($0.content, $0) }, uniquingKeysWith: { $1 })
        var wanted: [(value: SettingValue, file: String)] = []
        for one in numbered.sorted(by: { $0.id < $1.id })
        where definitions[one.token.content] != one.token {
            // What tokenizer.json numbers the same counts.
            if isFromMap, idsOfKnown.contains(Int32(clamping: one.id)) { continue }
            wanted.append((.token(one.token), one.file))
        }
        let contents = Set(definitions.keys).union(wanted.compactMap(\.value.content))
        for entry in named.entries + extra {
            guard let content = entry.value.content else { throw entry.wrongType("a string or a token") }
            guard !contents.contains(content), !wanted.contains(where: { $0.value.isSame(as: entry.value) }) else {
                continue
            }
            wanted.append((entry.value, entry.file))
        }
        let names = Set(named.entries.compactMap(\.value.content))
        additions = wanted.compactMap { value, file in
            switch value {
            case .text(let content): return Addition(token: AddedTokenDefinition(content: content), file: file)
            case .token(var token):
                token.isSpecial = token.isSpecial || names.contains(token.content)
                return Addition(token: token, file: file)
            default: return nil
            }
        }
        self.numbered = numbered
        endOfSequence = named["eos_token"]?.value.content.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// A token to which a file gives an id. It only decides the order: the library numbers tokens itself.
struct NumberedToken {
    let id: Int
    let token: AddedTokenDefinition
    let file: String

    /// `added_tokens_decoder` of tokenizer_config.json: tokens by id.
    static func decoder(_ entry: TokenizerSettings.Entry) throws -> [NumberedToken] {
        guard case .object(let fields) = entry.value else { throw entry.wrongType("an object of id to token") }
        var tokens: [Int: NumberedToken] = [:]
        for (name, node) in fields.members {
            guard let id = Int(name) else {
                throw TokenizerError.unsupportedValue(
                    source: entry.file, field: entry.name, value: "\"\(name)\"", reason: "a token id was expected")
            }
            let token = try JSONFields(
                node, path: fields.fieldPath(name), document: fields.document, source: fields.source)
            tokens[id] = NumberedToken(
                id: id, token: try AddedTokenDefinition(pythonKeywords: token), file: entry.file)
        }
        return Array(tokens.values)
    }

    /// added_tokens.json: ids by token. Those that are special by another file's word are so here.
    static func addedTokens(_ fields: JSONFields?, _ settings: TokenizerSettings) throws -> [NumberedToken] {
        guard let fields else { return [] }
        var special = Set(TokenizerSettings.attributes.compactMap { settings[$0]?.value.content })
        if case .list(let extra)? = settings["extra_special_tokens"]?.value {
            special.formUnion(extra.compactMap(\.content))
        }
        var tokens: [Int: NumberedToken] = [:]
        for (name, node) in fields.members {
            guard case .integer(let id) = node else {
                throw fields.wrongType(name, expected: "a token id", got: node)
            }
            let content = Array(name.utf8)
            let isSpecial = special.contains(content)
            tokens[id] = NumberedToken(
                id: id,
                token: AddedTokenDefinition(content: content, isNormalized: !isSpecial, isSpecial: isSpecial),
                file: fields.source)
        }
        return Array(tokens.values)
    }
}
