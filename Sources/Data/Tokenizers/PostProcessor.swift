/// What happens to the tokens of a text at the end: special tokens around them, blanks cut from their spans.
struct PostProcessor: Sendable {
    enum TemplatePiece: Sendable {
        case special([Int32])
        case text
    }

    /// nil without TemplateProcessing.
    private(set) var template: [TemplatePiece]?
    /// Spans leave out the blanks at both ends of a token, once for each entry; its value says whether one blank at
    /// the very start stays, as ByteLevel may have put it there.
    private(set) var trims: [Bool] = []

    init(_ fields: JSONFields?) throws {
        guard let fields else { return }
        try append(fields)
    }

    private mutating func append(_ fields: JSONFields) throws {
        let type = try fields.string("type")
        func known(_ names: Swift.Set<String>) throws { try fields.rejectUnknown(known: names.union(["type"])) }
        switch type {
        case "Sequence":
            try known(["processors"])
            for step in try fields.objects("processors") { try append(step) }
        case "ByteLevel":
            try known(["add_prefix_space", "trim_offsets", "use_regex"])
            if try fields.bool("trim_offsets") { trims.append(try fields.bool("add_prefix_space")) }
        case "TemplateProcessing":
            try known(["single", "pair", "special_tokens"])
            guard template == nil else {
                throw TokenizerError.unsupportedValue(
                    source: fields.source, field: fields.path, value: type, reason: "one template was expected")
            }
            let specials = try fields.object("special_tokens")
            template = try fields.objects("single").map { try Self.piece($0, specials) }
        default:
            throw fields.unsupportedStage(type)
        }
    }

    private static func piece(_ fields: JSONFields, _ specials: JSONFields) throws -> TemplatePiece {
        try fields.rejectUnknown(known: ["Sequence", "SpecialToken"])
        if fields.optional("Sequence") != nil {
            let sequence = try fields.object("Sequence")
            try sequence.rejectUnknown(known: ["id", "type_id"])
            let id = try sequence.string("id")
            guard id == "A" else {
                throw TokenizerError.unsupportedValue(
                    source: fields.source, field: sequence.fieldPath("id"), value: "\"\(id)\"",
                    reason: "a single text has the sequence A only")
            }
            return .text
        }
        let special = try fields.object("SpecialToken")
        try special.rejectUnknown(known: ["id", "type_id"])
        let token = try specials.object(try special.string("id"))
        try token.rejectUnknown(known: ["id", "ids", "tokens"])
        let ids = try token.array("ids").map { node in
            guard case .integer(let value) = node, let id = Int32(exactly: value), id >= 0 else {
                throw token.wrongType("ids", expected: "token ids", got: node)
            }
            return id
        }
        return .special(ids)
    }

    /// The whole encoding of a text whose own tokens are `body`.
    func process(_ body: Tokenizer.Encoding, addSpecialTokens: Bool) -> Tokenizer.Encoding {
        guard let template else { return body }
        if case .text? = template.first, template.count == 1 { return body }
        var result = Tokenizer.Encoding()
        result.ids.reserveCapacity(body.ids.count + template.count)
        result.offsets.reserveCapacity(body.ids.count + template.count)
        for piece in template {
            switch piece {
            case .text:
                result.ids += body.ids
                result.offsets += body.offsets
            case .special(let ids):
                guard addSpecialTokens else { continue }
                result.ids += ids
                result.offsets += Array(repeating: 0..<0, count: ids.count)
            }
        }
        return result
    }
}
