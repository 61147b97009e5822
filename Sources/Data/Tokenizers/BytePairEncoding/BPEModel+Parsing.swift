extension BPEModel {
    private static let knownFields: Set<String> = [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
        "ignore_merges", "vocab", "merges",
    ]

    /// Reads the `model` object. The oldest files (GPT-2) have no `type`; they are BPE if they have merges.
    init(_ fields: JSONFields, unit: Unit) throws {
        let type = try fields.optionalString("type")
        guard type == "BPE" || (type == nil && fields.optional("merges") != nil) else {
            throw fields.unsupportedStage(type ?? "none")
        }
        try fields.rejectUnknown(known: Self.knownFields)
        try Self.rejectUnsupported(fields)

        let vocabulary = try Self.vocabulary(fields)
        let pairs = try Self.mergePairs(fields, vocabulary)
        var merges = MergeTable(capacity: pairs.count)
        var joined: [UInt8] = []
        for pair in pairs {
            joined.removeAll(keepingCapacity: true)
            joined.append(contentsOf: vocabulary.bytes(of: pair.left) ?? [])
            joined.append(contentsOf: vocabulary.bytes(of: pair.right) ?? [])
            guard let result = vocabulary.id(of: joined) else {
                throw Self.outOfVocabulary(fields, joined[...])
            }
            merges.append(pair.left, pair.right, result: result)
        }
        let byteSymbols = Self.byteSymbols(vocabulary)
        var unknownToken = try fields.optionalBytes("unk_token")
        let unknownID = unknownToken.flatMap { vocabulary.id(of: $0) } ?? -1
        if let token = unknownToken, unknownID < 0 {
            // Where each byte has a token nothing is unknown, and the name stands for nothing.
            guard unit == .byte, !Self.lacksByte(byteSymbols) else { throw Self.outOfVocabulary(fields, token[...]) }
            unknownToken = nil
        }

        self.unit = unit
        self.vocabulary = vocabulary
        self.merges = merges
        mergePairs = pairs
        self.unknownToken = unknownToken
        self.unknownID = unknownID
        fusesUnknown = try fields.optionalBool("fuse_unk") ?? false
        ignoresMerges = try fields.optionalBool("ignore_merges") ?? false
        byteFallback = try fields.optionalBool("byte_fallback") ?? false ? Self.byteFallbackIDs(vocabulary) : []
        hasAllByteFallbacks = !byteFallback.isEmpty && !Self.lacksByte(byteFallback)
        self.byteSymbols = byteSymbols
        bytePairRanks = unit == .byte ? Self.bytePairRanks(byteSymbols, merges) : []
        characterSymbols = ScalarTable(unit == .character ? Self.singleCharacters(vocabulary) : [])
        words = ignoresMerges ? try Self.words(vocabulary, unit, fields) : nil
        cuts =
            unit == .character
            ? Self.cuts(vocabulary, pairs, special: byteFallback + [unknownID]) : nil
        if unit == .byte, !byteFallback.isEmpty, Self.lacksByte(byteSymbols) {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.fieldPath("byte_fallback"), value: "true",
                reason: "the vocabulary lacks bytes of the ByteLevel alphabet")
        }
    }

    private static func rejectUnsupported(_ fields: JSONFields) throws {
        switch fields.optional("dropout") {
        case nil, .integer(0), .number(0): break
        case .number(let share):
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.fieldPath("dropout"), value: "\(share)",
                reason: "token ids would be random")
        case .some(let other): throw fields.wrongType("dropout", expected: "null or 0", got: other)
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let text = try fields.optionalString(name), !text.isEmpty {
                throw TokenizerError.unsupportedValue(
                    source: fields.source, field: fields.fieldPath(name), value: "\"\(text)\"",
                    reason: "only vocabularies without prefix and suffix are")
            }
        }
    }

    private static func vocabulary(_ fields: JSONFields) throws -> TokenTable {
        let node = try fields.required("vocab", expected: "an object of token to id")
        guard case .object(let members) = node else {
            throw fields.wrongType("vocab", expected: "an object", got: node)
        }
        var entries: [(id: Int32, bytes: ArraySlice<UInt8>)] = []
        entries.reserveCapacity(members.count)
        for member in members {
            guard case .integer(let value) = member.value, let id = Int32(exactly: value), id >= 0,
                id < MergeTable.idLimit - 1
            else {
                throw TokenizerError.wrongType(
                    source: fields.source, field: "model.vocab[\"\(fields.document.string(member.key))\"]",
                    expected: "a token id below \(MergeTable.idLimit - 1)", got: member.value.kind)
            }
            entries.append((id, fields.document.bytes(member.key)))
        }
        var duplicate: Int32 = 0
        guard let table = TokenTable(entries, duplicate: &duplicate) else {
            throw TokenizerError.invalidVocabulary(
                source: fields.source, reason: "model.vocab has the id \(duplicate), or its token, twice")
        }
        return table
    }

    private static func outOfVocabulary(_ fields: JSONFields, _ token: ArraySlice<UInt8>) -> TokenizerError {
        .invalidVocabulary(
            source: fields.source,
            reason: "the token \"\(String(decoding: token, as: UTF8.self))\", named by model, is not in model.vocab")
    }

    /// Both written forms: `"a b"` and `["a", "b"]`.
    private static func mergePairs(_ fields: JSONFields, _ vocabulary: TokenTable) throws -> [MergePair] {
        func id(_ bytes: ArraySlice<UInt8>) throws -> Int32 {
            guard let id = bytes.withUnsafeBufferPointer({ vocabulary.id(of: $0) }) else {
                throw outOfVocabulary(fields, bytes)
            }
            return id
        }
        let nodes = try fields.array("merges")
        guard nodes.count < MergeTable.rankLimit else {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.fieldPath("merges"), value: "\(nodes.count) merges",
                reason: "fewer than \(MergeTable.rankLimit) are")
        }
        var pairs: [MergePair] = []
        pairs.reserveCapacity(nodes.count)
        for (at, node) in nodes.enumerated() {
            switch node {
            case .string(let text):
                let bytes = fields.document.bytes(text)
                if pairs.isEmpty, bytes.starts(with: Array("#version".utf8)) { continue }
                let parts = bytes.split(separator: 0x20, omittingEmptySubsequences: false)
                guard parts.count == 2 else {
                    throw fields.wrongType("merges[\(at)]", expected: "two tokens and one space", got: node)
                }
                pairs.append(MergePair(left: try id(parts[0]), right: try id(parts[1])))
            case .array(let parts):
                guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] else {
                    throw fields.wrongType("merges[\(at)]", expected: "a pair of tokens", got: node)
                }
                let document = fields.document
                pairs.append(MergePair(left: try id(document.bytes(left)), right: try id(document.bytes(right))))
            default:
                throw fields.wrongType("merges[\(at)]", expected: "a pair of tokens", got: node)
            }
        }
        return pairs
    }

    private static func byteSymbols(_ vocabulary: TokenTable) -> [Int32] {
        ByteLevelAlphabet.scalars.map { scalar in
            var token: [UInt8] = []
            UTF8Scalar.append(scalar, to: &token)
            return vocabulary.id(of: token) ?? -1
        }
    }

    private static func bytePairRanks(_ symbols: [Int32], _ merges: MergeTable) -> [UInt32] {
        symbols.flatMap { left in
            symbols.map { right in left < 0 || right < 0 ? MergeTable.none : merges.rank(left, right) }
        }
    }

    /// Whether a byte that valid UTF-8 can hold has no token.
    private static func lacksByte(_ symbols: [Int32]) -> Bool {
        symbols.enumerated().contains { byte, id in id < 0 && byte != 0xC0 && byte != 0xC1 && byte < 0xF5 }
    }

    private static func byteFallbackIDs(_ vocabulary: TokenTable) -> [Int32] {
        let digits = Array("0123456789ABCDEF".utf8)
        return (0..<256).map { byte in
            let name = Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")]
            return vocabulary.id(of: name) ?? -1
        }
    }

    private static func singleCharacters(_ vocabulary: TokenTable) -> [(scalar: UInt32, id: Int32)] {
        var entries: [(scalar: UInt32, id: Int32)] = []
        vocabulary.forEach { id, bytes in
            guard let first = bytes.first, UTF8Scalar.length(first: first) == bytes.count else { return }
            var at = bytes.startIndex
            entries.append((UTF8Scalar.decode(bytes, &at), id))
        }
        return entries
    }

    /// Whole words for `ignore_merges`, keyed by the bytes of the text they stand for.
    private static func words(_ vocabulary: TokenTable, _ unit: Unit, _ fields: JSONFields) throws -> TokenTable {
        var entries: [(id: Int32, bytes: ArraySlice<UInt8>)] = []
        entries.reserveCapacity(vocabulary.count)
        vocabulary.forEach { id, bytes in
            switch unit {
            case .character: entries.append((id, bytes))
            case .byte:
                if let raw = ByteLevelAlphabet.decode(bytes) { entries.append((id, raw[...])) }
            }
        }
        var duplicate: Int32 = 0
        guard let table = TokenTable(entries, duplicate: &duplicate) else {
            throw TokenizerError.invalidVocabulary(
                source: fields.source, reason: "two tokens stand for the bytes of token \(duplicate)")
        }
        return table
    }

    /// nil if a merge takes a byte token or the unknown token: then characters do not tell where merges can happen.
    private static func cuts(_ vocabulary: TokenTable, _ pairs: [MergePair], special: [Int32]) -> CutTable? {
        let special = Set(special)
        var joins: [(UInt32, UInt32)] = []
        joins.reserveCapacity(pairs.count)
        for pair in pairs {
            guard !special.contains(pair.left), !special.contains(pair.right),
                let left = vocabulary.bytes(of: pair.left), let right = vocabulary.bytes(of: pair.right),
                var last = left.indices.last, var first = right.indices.first
            else { return nil }
            while UTF8Scalar.isContinuation(left[last]) { last -= 1 }
            joins.append((UTF8Scalar.decode(left, &last), UTF8Scalar.decode(right, &first)))
        }
        return CutTable(joining: joins)
    }
}
