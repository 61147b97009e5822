/// `{"String": ".."}` or `{"Regex": ".."}`: what Split and Replace look for.
enum LiteralOrPattern: Sendable {
    case literal([UInt8])
    case pattern(TextPattern)

    /// - Throws: `TokenizerError.invalidPattern` for a pattern that PCRE2 cannot match as Oniguruma does.
    init(_ fields: JSONFields, _ name: String) throws {
        let choice = try fields.object(name)
        try choice.rejectUnknown(known: ["String", "Regex"])
        if let regex = try choice.optionalString("Regex") {
            do {
                self = .pattern(try TextPattern(regex: regex))
            } catch let failure as PatternTranslator.Failure {
                throw TokenizerError.invalidPattern(
                    source: fields.source, field: choice.fieldPath("Regex"), pattern: regex, reason: failure.reason)
            }
            return
        }
        let literal = try choice.bytes("String")
        guard !literal.isEmpty else {
            throw TokenizerError.invalidPattern(
                source: fields.source, field: choice.fieldPath("String"), pattern: "", reason: "it is empty")
        }
        self = .literal(literal)
    }

    /// How the fingerprint names it.
    var canonical: (kind: String, bytes: [UInt8]) {
        switch self {
        case .literal(let bytes): ("String", bytes)
        case .pattern(let pattern): ("Regex", Array(pattern.source.utf8))
        }
    }

    @inline(__always)
    func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, _ scratch: PatternScratch, _ body: (Int, Int) throws -> Void
    ) throws {
        switch self {
        case .pattern(let pattern): try pattern.forEachMatch(in: text, scratch, body)
        case .literal(let literal):
            var at = 0
            while at + literal.count <= text.count {
                if text[at] == literal[0], (1..<literal.count).allSatisfy({ text[at + $0] == literal[$0] }) {
                    try body(at, at + literal.count)
                    at += literal.count
                } else {
                    at += 1
                }
            }
        }
    }
}
