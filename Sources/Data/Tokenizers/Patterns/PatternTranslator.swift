/// Rewrites a pattern of the `tokenizers` library (Oniguruma, Ruby syntax, Unicode 16) for PCRE2, so that both match the
/// same text. What cannot be rewritten exactly is refused.
///
/// - `\s`, `\d`, `\h`, `\w` and `\p{..}` become explicit classes: PCRE2's `\s` has U+180E, its `\h` is a blank, and its
///   Unicode is older.
/// - `^` and `$` match at every line, `(?m)` is dot-all, `X{n,m}+` repeats the repeat (it is not possessive).
/// - Groups do not capture: nothing reads a capture.
struct PatternTranslator {
    struct Failure: Error {
        let reason: String
    }

    private let pattern: [Unicode.Scalar]
    private var at = 0
    private var ignoresCase = false
    /// The literal just read, while the next could follow it directly.
    private var lastLiteral: Unicode.Scalar?

    /// - Throws: `Failure`.
    static func translate(_ pattern: String) throws -> String {
        var translator = PatternTranslator(pattern: Array(pattern.unicodeScalars))
        let translated = try translator.parseAlternatives(depth: 0)
        guard translator.at == translator.pattern.count else { throw Failure(reason: "an unmatched )") }
        return translated
    }

    private init(pattern: [Unicode.Scalar]) {
        self.pattern = pattern
    }

    private var current: Unicode.Scalar? { at < pattern.count ? pattern[at] : nil }

    private func isNext(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return at + scalars.count <= pattern.count && Array(pattern[at..<at + scalars.count]) == scalars
    }

    private mutating func take(_ text: String) -> Bool {
        guard isNext(text) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    /// Up to the end or an unmatched ')'.
    private mutating func parseAlternatives(depth: Int) throws -> String {
        guard depth < 64 else { throw Failure(reason: "groups nested deeper than 64") }
        var output = ""
        while let scalar = current, scalar != ")" {
            if take("|") {
                output += "|"
                lastLiteral = nil
                continue
            }
            let isStart = output.isEmpty
            try rejectLigature(scalar)
            let atom = try parseAtom(depth: depth, isStart: isStart)
            output += try parseQuantifiers(atom)
        }
        return output
    }

    /// Without regard to case, Oniguruma lets "ss" match "ß", PCRE2 does not.
    private mutating func rejectLigature(_ scalar: Unicode.Scalar) throws {
        let isLiteral = scalar.properties.isAlphabetic || scalar.value >= 0x80
        defer { lastLiteral = isLiteral ? scalar : nil }
        guard ignoresCase, isLiteral, let lastLiteral else { return }
        let pair = (String(lastLiteral) + String(scalar)).lowercased()
        guard ["ss", "st", "ff", "fi", "fl"].contains(pair) || !pair.utf8.allSatisfy({ $0 < 0x80 }) else { return }
        throw Failure(reason: "(?i) before \(pair), which may stand for a ligature")
    }

    private mutating func parseAtom(depth: Int, isStart: Bool) throws -> String {
        guard let scalar = current else { return "" }
        at += 1
        switch scalar {
        case "(": return try parseGroup(depth: depth, isStart: isStart)
        case "[": return try parseClass()
        case "\\": return try parseEscape()
        case ".", "^", "$": return String(scalar)
        case "*", "+", "?": throw Failure(reason: "nothing to repeat before \(scalar)")
        default: return Self.literal(scalar)
        }
    }

    /// After '('.
    private mutating func parseGroup(depth: Int, isStart: Bool) throws -> String {
        var opening = "(?:"
        let ignoredCase = ignoresCase
        lastLiteral = nil
        if take("?") {
            if let kind = ["?:", "?=", "?!", "?>", "?<=", "?<!"].first(where: { isNext(String($0.dropFirst())) }) {
                at += kind.count - 1
                opening = "(" + kind
            } else {
                opening = try parseOptions(isStart: isStart)
                if opening.hasSuffix(")") { return opening }
            }
        }
        let body = try parseAlternatives(depth: depth + 1)
        guard take(")") else { throw Failure(reason: "a group is not closed") }
        ignoresCase = ignoredCase
        lastLiteral = nil
        return opening + body + ")"
    }

    /// `i:` or `i)` after "(?". An option without a body reaches to the end of its group, alternatives included; PCRE2
    /// agrees only where it comes first.
    private mutating func parseOptions(isStart: Bool) throws -> String {
        var options = ""
        while let scalar = current, scalar != ":", scalar != ")" {
            switch scalar {
            case "i": options += "i"
            case "m": options += "s"
            case "-" where options.isEmpty: options += "-"
            default: throw Failure(reason: "the group (?\(scalar) is not supported")
            }
            at += 1
        }
        if options.contains("i") { ignoresCase = !options.hasPrefix("-") }
        if take(":") { return "(?\(options):" }
        guard take(")") else { throw Failure(reason: "a group is not closed") }
        guard isStart else { throw Failure(reason: "an option in the middle of a group is not supported") }
        return "(?\(options))"
    }

    private mutating func parseQuantifiers(_ atom: String) throws -> String {
        var output = atom
        var isFirst = true
        while let scalar = current {
            switch scalar {
            case "*", "+", "?":
                guard isFirst else { throw Failure(reason: "a repeat of a repeat is not supported") }
                at += 1
                output.unicodeScalars.append(scalar)
                if let suffix = current, suffix == "+" || suffix == "?" {
                    at += 1
                    output.unicodeScalars.append(suffix)
                }
            case "{":
                guard let interval = try parseInterval() else { return output }
                guard isFirst else { throw Failure(reason: "a repeat of a repeat is not supported") }
                output += interval
                if take("+") {
                    output = "(?:\(output))+"
                } else if take("?") {
                    guard interval.contains(",") else { throw Failure(reason: "{n}? is not supported") }
                    output += "?"
                }
            default: return output
            }
            isFirst = false
        }
        return output
    }

    /// nil, with nothing read, where the brace is a plain character.
    private mutating func parseInterval() throws -> String? {
        guard let end = pattern[at...].firstIndex(of: "}") else { return nil }
        let text = String(String.UnicodeScalarView(pattern[at + 1..<end]))
        let bounds = text.split(separator: ",", omittingEmptySubsequences: false)
        let areNumbers = bounds.allSatisfy { $0.allSatisfy(\.isASCII) && ($0.isEmpty || UInt16($0) != nil) }
        guard bounds.count <= 2, areNumbers, bounds.contains(where: { !$0.isEmpty }) else { return nil }
        at = end + 1
        if bounds.count == 1 { return "{\(bounds[0])}" }
        return "{\(bounds[0].isEmpty ? "0" : bounds[0]),\(bounds[1])}"
    }

    /// After '\', outside a class.
    private mutating func parseEscape() throws -> String {
        guard let scalar = current else { throw Failure(reason: "a lone \\ at the end") }
        switch scalar {
        case "A", "z", "G":
            at += 1
            return "\\\(scalar)"
        case "Z":
            at += 1
            return "\\Z"
        default:
            at -= 1
            var members = CharacterClass()
            let isSet = try parseClassMember(&members, isAlone: true)
            return isSet ? members.pattern : members.singleLiteral
        }
    }

    /// After '['.
    private mutating func parseClass() throws -> String {
        var members = CharacterClass()
        members.isNegated = take("^")
        var isFirst = true
        while true {
            guard let scalar = current else { throw Failure(reason: "a class is not closed") }
            if scalar == "]", !isFirst {
                at += 1
                return members.pattern
            }
            if scalar == "[" { throw Failure(reason: "a class inside a class is not supported") }
            if isNext("&&") { throw Failure(reason: "an intersection of classes is not supported") }
            isFirst = false
            _ = try parseClassMember(&members, isAlone: false)
        }
    }

    /// One character, range or escape.
    /// - Returns: whether it is a set rather than one character.
    private mutating func parseClassMember(_ members: inout CharacterClass, isAlone: Bool) throws -> Bool {
        if let set = try parseSetEscape(isAlone: isAlone) {
            members.append(set)
            guard isAlone || current != "-" || (at + 1 < pattern.count && pattern[at + 1] == "]") else {
                throw Failure(reason: "a range from a set")
            }
            return true
        }
        let low = try parseClassCharacter()
        guard !isAlone, current == "-", at + 1 < pattern.count, pattern[at + 1] != "]" else {
            members.append(low...low)
            return false
        }
        at += 1
        let high = try parseClassCharacter()
        guard low <= high else { throw Failure(reason: "a range runs backwards") }
        members.append(low...high)
        return true
    }

    private mutating func parseClassCharacter() throws -> UInt32 {
        guard let scalar = current else { throw Failure(reason: "a class is not closed") }
        at += 1
        guard scalar == "\\" else { return scalar.value }
        guard let escaped = current else { throw Failure(reason: "a lone \\ at the end") }
        at += 1
        switch escaped {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "a": return 0x07
        case "e": return 0x1B
        case "x", "u": return try parseHexadecimal(escaped)
        default:
            guard !escaped.properties.isAlphabetic, escaped.properties.numericType == nil else {
                throw Failure(reason: "the escape \\\(escaped) is not supported")
            }
            return escaped.value
        }
    }

    /// `\xHH`, `\x{H..}`, `\uHHHH`.
    private mutating func parseHexadecimal(_ kind: Unicode.Scalar) throws -> UInt32 {
        var digits = ""
        let isBraced = kind == "x" && take("{")
        let limit = isBraced ? 8 : kind == "x" ? 2 : 4
        while digits.count < limit, let digit = current, digit.properties.isASCIIHexDigit {
            digits.unicodeScalars.append(digit)
            at += 1
        }
        if isBraced, !take("}") { throw Failure(reason: "\\x{ is not closed") }
        guard isBraced || digits.count == limit, let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil
        else { throw Failure(reason: "\\\(kind) without its hexadecimal digits") }
        // \x80 and up without braces is a byte in Oniguruma, not a character.
        guard isBraced || kind == "u" || value < 0x80 else { throw Failure(reason: "a byte above \\x7F") }
        return value
    }

    /// `\s`, `\p{..}` and their like; nil, with nothing read, for anything else.
    private mutating func parseSetEscape(isAlone: Bool) throws -> CharacterClass.Part? {
        guard current == "\\", at + 1 < pattern.count else { return nil }
        let kind = pattern[at + 1]
        switch kind {
        case "s", "S", "d", "D", "w", "W", "h", "H":
            at += 2
            return CharacterClass.shorthand(kind, isAlone: isAlone)
        case "p", "P":
            at += 2
            return try parseProperty(isNegated: kind == "P")
        default: return nil
        }
    }

    private mutating func parseProperty(isNegated: Bool) throws -> CharacterClass.Part {
        guard take("{"), let end = pattern[at...].firstIndex(of: "}") else {
            throw Failure(reason: "\\p without {name}")
        }
        let isCaret = take("^")
        let name = String(String.UnicodeScalarView(pattern[at..<end]))
        at = end + 1
        guard let set = CharacterClass.property(name, isNegated: isNegated != isCaret) else {
            throw Failure(reason: "the property \\p{\(name)} is not supported")
        }
        return set
    }

    private static func literal(_ scalar: Unicode.Scalar) -> String {
        CharacterClass.literal(scalar.value)
    }
}
