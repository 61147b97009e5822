/// One step of the `pre_tokenizer` of a tokenizer.json. A sequence is flattened.
enum PreTokenizerStage: Sendable {
    /// Cuts at the matches of a pattern.
    case split(LiteralOrPattern, SplitBehavior, isInverted: Bool)
    /// Cuts before and after digits; between them too if `individual`.
    case digits(individual: Bool)
    /// Puts a space before every piece that has none.
    case prefixSpace
    /// Replaces spaces by `mark`, puts a mark in front, cuts before marks.
    case metaspace(mark: [UInt8], MetaspacePrefix, splits: Bool)

    enum MetaspacePrefix: String, Sendable {
        case first, never, always
    }

    /// GPT-2's pattern, which ByteLevel uses unless told otherwise.
    static let byteLevelRegex =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    /// The steps, and whether words are bytes (ByteLevel) rather than characters.
    static func parse(_ fields: JSONFields?) throws -> (stages: [PreTokenizerStage], isByteLevel: Bool) {
        guard let fields else { return ([], false) }
        var stages: [PreTokenizerStage] = []
        var isByteLevel = false
        try append(fields, &stages, &isByteLevel)
        return (stages, isByteLevel)
    }

    private static func append(
        _ fields: JSONFields, _ stages: inout [PreTokenizerStage], _ isByteLevel: inout Bool
    ) throws {
        let type = try fields.string("type")
        guard !isByteLevel else {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.path, value: type, reason: "ByteLevel must come last")
        }
        func known(_ names: Set<String>) throws { try fields.rejectUnknown(known: names.union(["type"])) }
        switch type {
        case "Sequence":
            try known(["pretokenizers"])
            for step in try fields.objects("pretokenizers") { try append(step, &stages, &isByteLevel) }
        case "ByteLevel":
            try known(["add_prefix_space", "trim_offsets", "use_regex"])
            if try fields.bool("add_prefix_space") { stages.append(.prefixSpace) }
            if try fields.optionalBool("use_regex") ?? true {
                let pattern = try compile(byteLevelRegex, fields)
                stages.append(.split(.pattern(pattern), .isolated, isInverted: false))
            }
            isByteLevel = true
        case "Split":
            try known(["pattern", "behavior", "invert"])
            stages.append(
                .split(
                    try LiteralOrPattern(fields, "pattern"), try behavior(fields),
                    isInverted: try fields.bool("invert")))
        case "Digits":
            try known(["individual_digits"])
            stages.append(.digits(individual: try fields.bool("individual_digits")))
        case "Metaspace":
            try known(["replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
            stages.append(try metaspace(fields))
        default:
            throw fields.unsupportedStage(type)
        }
    }

    private static func compile(_ regex: String, _ fields: JSONFields) throws -> TextPattern {
        do {
            return try TextPattern(regex: regex)
        } catch let failure as PatternTranslator.Failure {
            throw TokenizerError.invalidPattern(
                source: fields.source, field: fields.path, pattern: regex, reason: failure.reason)
        }
    }

    private static func behavior(_ fields: JSONFields) throws -> SplitBehavior {
        let name = try fields.string("behavior")
        guard let behavior = SplitBehavior(rawValue: name) else {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.fieldPath("behavior"), value: "\"\(name)\"",
                reason: "expected one of " + SplitBehavior.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return behavior
    }

    private static func metaspace(_ fields: JSONFields) throws -> PreTokenizerStage {
        let mark = try fields.scalar("replacement")
        let scheme = try metaspacePrefix(fields)
        let splits = try fields.optionalBool("split") ?? true
        return .metaspace(mark: Array(String(mark).utf8), scheme, splits: splits)
    }

    /// Reads `prepend_scheme` and the older `add_prefix_space` of a Metaspace.
    static func metaspacePrefix(_ fields: JSONFields) throws -> MetaspacePrefix {
        let name = try fields.optionalString("prepend_scheme")
        guard let scheme = MetaspacePrefix(rawValue: name ?? "always") else {
            throw TokenizerError.unsupportedValue(
                source: fields.source, field: fields.fieldPath("prepend_scheme"), value: "\"\(name ?? "")\"",
                reason: "expected first, never or always")
        }
        guard try fields.optionalBool("add_prefix_space") == false, scheme != .never else { return scheme }
        throw TokenizerError.unsupportedValue(
            source: fields.source, field: fields.fieldPath("add_prefix_space"), value: "false",
            reason: "it contradicts prepend_scheme \(scheme.rawValue)")
    }
}
