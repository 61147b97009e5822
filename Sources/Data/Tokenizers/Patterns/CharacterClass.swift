/// A class of characters on its way from Oniguruma to PCRE2.
struct CharacterClass {
    /// What one escape stands for.
    struct Part {
        /// Text that may stand inside [...].
        var members: String
        /// The complement of the members is meant.
        var isComplement = false
    }

    var isNegated = false
    private var ranges: [ClosedRange<UInt32>] = []
    private var parts: [Part] = []

    mutating func append(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    mutating func append(_ part: Part) { parts.append(part) }

    /// [..], or alternatives where a complement stands beside other members, which PCRE2 cannot say in one class.
    var pattern: String {
        let plain = ranges.map(Self.spelled).joined() + parts.filter { !$0.isComplement }.map(\.members).joined()
        let complements = parts.filter(\.isComplement).map { "[^\($0.members)]" }
        if complements.isEmpty { return "[\(isNegated ? "^" : "")\(plain)]" }
        if complements.count == 1, plain.isEmpty {
            return isNegated ? "[\(parts[0].members)]" : complements[0]
        }
        let alternatives = (plain.isEmpty ? [] : ["[\(plain)]"]) + complements
        let any = "(?:" + alternatives.joined(separator: "|") + ")"
        return isNegated ? "(?:(?!\(any))(?s:.))" : any
    }

    /// For a class of one character: the character itself.
    var singleLiteral: String { Self.literal(ranges[0].lowerBound) }

    static func literal(_ value: UInt32) -> String {
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20: String(Unicode.Scalar(UInt8(value)))
        default: "\\x{\(String(value, radix: 16))}"
        }
    }

    private static func spelled(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1
            ? literal(range.lowerBound) : literal(range.lowerBound) + "-" + literal(range.upperBound)
    }

    private static let whiteSpace: [ClosedRange<UInt32>] = [
        0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ]

    /// - Parameter isAlone: it stands outside of [...].
    static func shorthand(_ kind: Unicode.Scalar, isAlone: Bool) -> Part {
        switch kind {
        case "s": Part(members: whiteSpace.map(spelled).joined())
        case "S": Part(members: whiteSpace.map(spelled).joined(), isComplement: true)
        case "d": Part(members: category("Nd"))
        case "D": Part(members: category("Nd"), isComplement: true)
        case "h": Part(members: "0-9A-Fa-f")
        case "H": Part(members: "0-9A-Fa-f", isComplement: true)
        case "W": Part(members: wordMembers(isAlone: isAlone), isComplement: true)
        default: Part(members: wordMembers(isAlone: isAlone))
        }
    }

    /// Letters, marks, decimal digits, connectors, what else is Alphabetic; outside of [...] Oniguruma counts the fractions
    /// and superscripts of Latin-1 in.
    private static func wordMembers(isAlone: Bool) -> String {
        (isAlone ? "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}" : "")
            + "\\p{Alphabetic}" + category("L") + category("M") + category("Nd") + category("Nl") + category("Pc")
    }

    private static func category(_ name: String) -> String {
        "\\p{\(name)}" + UnicodeAdditions.ranges(ofCategory: name).map(spelled).joined()
    }

    /// Mn is left out: one of its characters is Mc by now, and a class cannot lose a member.
    private static let categories: [String: String] = [
        "letter": "L", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt",
        "modifierletter": "Lm",
        "otherletter": "Lo", "mark": "M", "spacingmark": "Mc", "enclosingmark": "Me",
        "number": "N", "decimalnumber": "Nd", "letternumber": "Nl", "othernumber": "No", "punctuation": "P",
        "connectorpunctuation": "Pc", "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe",
        "initialpunctuation": "Pi", "finalpunctuation": "Pf", "otherpunctuation": "Po", "symbol": "S",
        "mathsymbol": "Sm",
        "currencysymbol": "Sc", "modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs",
        "lineseparator": "Zl", "paragraphseparator": "Zp",
    ]

    /// Scripts whose characters are the same in every Unicode these libraries carry, but for the additions given.
    private static let scripts: [String: (name: String, additions: [ClosedRange<UInt32>])] = [
        "han": ("Han", [0x2B739...0x2B739, 0x2EBF0...0x2EE5D, 0x31350...0x323AF]),
        "hiragana": ("Hiragana", [0x1B132...0x1B132]),
        "katakana": ("Katakana", [0x1B155...0x1B155]),
        "hangul": ("Hangul", []),
        "thai": ("Thai", []),
        "hebrew": ("Hebrew", []),
    ]

    /// nil for a property that is not in the tables.
    static func property(_ name: String, isNegated: Bool) -> Part? {
        let key = name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
        if let script = scripts[key] {
            let members = "\\p{sc:\(script.name)}" + script.additions.map(spelled).joined()
            return Part(members: members, isComplement: isNegated)
        }
        let short = categories.values.first { $0.lowercased() == key }
        guard let category = categories[key] ?? short else { return nil }
        return Part(members: Self.category(category), isComplement: isNegated)
    }
}
