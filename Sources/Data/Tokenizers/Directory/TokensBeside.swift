/// The tokens that `transformers` adds to those of tokenizer.json when it loads a model's directory, because tokenizer_config.json,
/// special_tokens_map.json or added_tokens.json names them.
///
/// Follows `PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__` of transformers 5.23, step by step. What they
/// refuse is refused here, by the file and the name of the field.
struct TokensBeside {
    struct Addition {
        let token: AddedTokenDefinition
        let file: String
    }

    /// In the order in which they are added. One may be there already: it takes the new flags.
    let additions: [Addition]
    /// What a file numbers.
    let numbered: [NumberedToken]
    /// The tokens that the files name by their part, under `bos_token`, `eos_token` and the other attributes.
    let attributes: [String: [UInt8]]
    /// Added tokens of tokenizer.json that `added_tokens_decoder` lacks, where the class of the tokenizer makes its own tokenizer of the
    /// vocabulary (`TokenizerFiles.rebuildingClass`): `transformers` spells them out then.
    let unlisted: [AddedToken]
    /// The class that leaves out the normalizer of tokenizer.json and marks blanks in another way: one of Llama 2's; nil for others.
    let classWithoutNormalizer: String?

    /// - Parameters:
    ///   - known: the added tokens of tokenizer.json.
    ///   - paddingToken: of its padding section.
    ///   - hasNormalizer: whether it has one that does something.
    init(_ files: TokenizerFiles, known: [AddedToken], paddingToken: [UInt8]?, hasNormalizer: Bool) throws {
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

        let names = Set(named.entries.compactMap(\.value.content))
        let isOrdered = settings["added_tokens_decoder"] == nil
        additions = try Self.wanted(
            numbered, named.entries + extra, known: known, idsOfKnownCount: isOrdered
        ).map { Self.addition($0, names: names) }
        self.numbered = numbered
        attributes = Dictionary(
            uniqueKeysWithValues: TokenizerSettings.attributes.compactMap { name in
                named[name]?.value.content.flatMap { $0.isEmpty ? nil : (name, $0) }
            })
        let listed = Set(numbered.map(\.token.content)).union(names).union(extra.compactMap(\.value.content))
        let rebuilding = files.rebuildingClass
        unlisted =
            isOrdered || rebuilding == nil
            ? [] : known.filter { !listed.contains(Array($0.content.utf8)) }
        let isOfLlama = rebuilding == "LlamaTokenizer" || rebuilding == "CodeLlamaTokenizer"
        classWithoutNormalizer = isOfLlama && hasNormalizer ? rebuilding : nil
    }

    private typealias Wanted = (value: SettingValue, file: String)

    /// What is to be added: first what a file numbers, in that order, then what only has a name.
    ///
    /// - Parameter idsOfKnownCount: whether tokenizer.json has the last word on the ids that it numbers itself.
    private static func wanted(
        _ numbered: [NumberedToken], _ entries: [TokenizerSettings.Entry], known: [AddedToken], idsOfKnownCount: Bool
    ) throws -> [Wanted] {
        let idsOfKnown = idsOfKnownCount ? Set(known.map(\.id)) : []
        let definitions = Dictionary(
            known.map(AddedTokenDefinition.init).map { ($0.content, $0) }, uniquingKeysWith: { $1 })
        var wanted: [Wanted] = []
        for one in numbered.sorted(by: { $0.id < $1.id })
        where definitions[one.token.content] != one.token && !idsOfKnown.contains(Int32(clamping: one.id)) {
            wanted.append((.token(one.token), one.file))
        }
        let contents = Set(definitions.keys).union(wanted.compactMap(\.value.content))
        for entry in entries {
            guard let content = entry.value.content else { throw entry.wrongType("a string or a token") }
            guard !contents.contains(content), !wanted.contains(where: { $0.value.isSame(as: entry.value) }) else {
                continue
            }
            wanted.append((entry.value, entry.file))
        }
        return wanted
    }

    /// A token with a name is special; a string becomes a special token that is not normalized.
    private static func addition(_ wanted: Wanted, names: Set<[UInt8]>) -> Addition {
        var token = AddedTokenDefinition(content: wanted.value.content ?? [])
        if case .token(let written) = wanted.value {
            token = written
            token.isSpecial = token.isSpecial || names.contains(token.content)
        }
        return Addition(token: token, file: wanted.file)
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
