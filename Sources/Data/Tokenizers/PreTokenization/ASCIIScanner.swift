/// Cuts ASCII text as the best-known patterns do, without the pattern matcher; where a character beyond ASCII could
/// matter, the pattern itself decides. Each of these patterns matches every text from end to end.
///
/// PCRE2 with JIT reaches about 40 MB/s on these patterns; this several times that, and most text is ASCII.
struct ASCIIScanner {
    private let family: Family
    private let pattern: TextPattern

    /// nil unless the pattern is one of the known ones, letter by letter.
    init?(_ pattern: LiteralOrPattern) {
        guard case .pattern(let pattern) = pattern, let family = Family.known[pattern.source] else { return nil }
        self.family = family
        self.pattern = pattern
    }

    /// How the patterns differ.
    struct Family: Sendable {
        enum Contractions: Sendable { case none, lowercase, anyCase }
        enum Letters: Sendable {
            /// ` ?\p{L}+`
            case afterSpace
            /// `[^\r\n\p{L}\p{N}]?\p{L}+`
            case afterAny
            /// As `afterAny`, but a capital behind a small letter starts a word.
            case cased
        }

        var contractions: Contractions
        var letters: Letters
        /// Digits in one match; with a space before them in GPT-2's pattern, which has no limit.
        var digitLimit: Int
        /// What may follow punctuation: nothing, line ends, line ends and slashes.
        var punctuationTail: String
        /// `\s*[\r\n]+` comes before other white space.
        var splitsLines: Bool

        static let known: [String: Family] = {
            let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
            let words = #"[^\r\n\p{L}\p{N}]?\p{L}+|"#
            let rest = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
            let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
            let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
            let before = #"[^\r\n\p{L}\p{N}]?"#
            let llama3 = contractions + words + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + rest
            let qwen2 = contractions + words + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + rest
            let cased = "\(before)\(upper)*\(lower)+|\(before)\(upper)+\(lower)*|"
            let tekken = cased + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + rest
            return [
                PreTokenizerStage.byteLevelRegex: Family(
                    contractions: .lowercase, letters: .afterSpace, digitLimit: .max, punctuationTail: "",
                    splitsLines: false),
                llama3: Family(
                    contractions: .anyCase, letters: .afterAny, digitLimit: 3, punctuationTail: "\r\n",
                    splitsLines: true),
                qwen2: Family(
                    contractions: .anyCase, letters: .afterAny, digitLimit: 1, punctuationTail: "\r\n",
                    splitsLines: true),
                tekken: Family(
                    contractions: .none, letters: .cased, digitLimit: 1, punctuationTail: "\r\n/", splitsLines: true),
            ]
        }()
    }

    /// Appends the pieces of `text`, which starts at `start` in the whole.
    func split(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ scratch: PatternScratch, _ output: inout [Piece]
    ) throws {
        var at = 0
        while at < text.count {
            var end = scan(text, at)
            if end < 0 {
                // A pattern that skipped something would lose it: then the gap is a piece, as `Isolated` says.
                let match = try pattern.firstMatch(in: text, from: at, scratch) ?? (text.count, text.count)
                if match.start > at { output.append(Piece(start: start + at, end: start + match.start)) }
                if match.start == match.end {
                    at = match.start
                    continue
                }
                at = match.start
                end = match.end
            }
            output.append(Piece(start: start &+ at, end: start &+ end))
            at = end
        }
    }

    private enum Kind {
        static let letter: UInt8 = 0
        static let digit: UInt8 = 1
        /// White space but for line ends.
        static let blank: UInt8 = 2
        static let lineEnd: UInt8 = 3
        static let other: UInt8 = 4
        static let beyond: UInt8 = 5

        static let table: [UInt8] = (0..<256).map { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): letter
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
            case 0x0A, 0x0D: lineEnd
            case 0x09, 0x0B, 0x0C, 0x20: blank
            case 0x80...: beyond
            default: other
            }
        }
    }

    /// The end of the match that starts at `at`; -1 where it takes more than ASCII to tell.
    @inline(__always)
    private func scan(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        return Kind.table.withUnsafeBufferPointer { kinds in
            let first = text[at]
            let kind = kinds[Int(first)]
            switch kind {
            case Kind.letter: return scanLetters(text, at, kinds)
            case Kind.digit: return scanDigits(text, at, kinds)
            case Kind.beyond: return -1
            default: break
            }
            if first == UInt8(ascii: "'"), family.contractions != .none, let end = scanContraction(text, at) {
                return end
            }
            let next = at + 1 < text.count ? kinds[Int(text[at + 1])] : Kind.lineEnd
            if next == Kind.beyond { return -1 }
            let takesPrefix = family.letters == .afterSpace ? first == 0x20 : kind != Kind.lineEnd
            if next == Kind.letter, takesPrefix { return scanLetters(text, at + 1, kinds) }
            if first == 0x20 {
                if next == Kind.digit, family.letters == .afterSpace { return scanDigits(text, at + 1, kinds) }
                if next == Kind.other { return scanOthers(text, at + 1, kinds) }
            }
            return kind == Kind.other ? scanOthers(text, at, kinds) : scanSpace(text, at, kinds)
        }
    }

    /// After an apostrophe: -1 if undecided, nil if no contraction.
    private func scanContraction(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int? {
        func letter(_ step: Int) -> UInt8 {
            guard at + step < text.count else { return 0 }
            let byte = text[at + step]
            let isCapital = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            return isCapital && family.contractions == .anyCase ? byte | 0x20 : byte
        }
        let first = letter(1)
        if first >= 0x80 { return -1 }
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return at + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return letter(2) == UInt8(ascii: "e") ? at + 3 : nil
        case UInt8(ascii: "l"): return letter(2) == UInt8(ascii: "l") ? at + 3 : nil
        default: return nil
        }
    }

    @inline(__always)
    private func scanLetters(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ kinds: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var at = start
        if family.letters == .cased {
            while at < text.count, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= text[at] { at &+= 1 }
            while at < text.count, UInt8(ascii: "a")...UInt8(ascii: "z") ~= text[at] { at &+= 1 }
        } else {
            while at < text.count, kinds[Int(text[at])] == Kind.letter { at &+= 1 }
        }
        return at < text.count && text[at] >= 0x80 ? -1 : at
    }

    @inline(__always)
    private func scanDigits(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ kinds: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var at = start
        while at < text.count, at &- start < family.digitLimit, kinds[Int(text[at])] == Kind.digit { at &+= 1 }
        let isFull = at &- start == family.digitLimit
        return !isFull && at < text.count && text[at] >= 0x80 ? -1 : at
    }

    @inline(__always)
    private func scanOthers(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ kinds: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var at = start
        while at < text.count, kinds[Int(text[at])] == Kind.other { at &+= 1 }
        if at < text.count, text[at] >= 0x80 { return -1 }
        while at < text.count, family.punctuationTail.utf8.contains(text[at]) { at &+= 1 }
        return at
    }

    /// A run of white space: up to its last line end, else but for its last blank if something follows.
    @inline(__always)
    private func scanSpace(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ kinds: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var at = start
        var lineEnd = -1
        while at < text.count {
            let kind = kinds[Int(text[at])]
            if kind == Kind.lineEnd { lineEnd = at &+ 1 } else if kind != Kind.blank { break }
            at &+= 1
        }
        if at < text.count, text[at] >= 0x80 { return -1 }
        if family.splitsLines, lineEnd >= 0 { return lineEnd }
        return at == text.count || at &- start == 1 ? at : at &- 1
    }
}
