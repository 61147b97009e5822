/// Places in a text counted in characters as Python counts them, Unicode scalars, of spans counted in bytes.
enum CharacterOffsets {
    /// Number of characters.
    static func length(_ text: String) -> Int { text.unicodeScalars.count }

    /// Where each span begins. A special token put around the text, whose span is empty, begins where the token before it ends.
    ///
    /// - Parameter spans: of the tokens of `text`, in their order, with the blanks that a token starts with: a tokenizer that trims them
    ///   says where a word begins, not where its token does.
    static func starts(of spans: [Range<Int>], in text: String) -> [Int] {
        var text = text
        return text.withUTF8 { bytes in
            var (at, characters, end) = (0, 0, 0)
            return spans.map { span in
                let start = min(span.isEmpty ? end : span.lowerBound, bytes.count)
                while at < start {
                    if bytes[at] & 0xC0 != 0x80 { characters += 1 }
                    at += 1
                }
                if !span.isEmpty { end = span.upperBound }
                return characters
            }
        }
    }
}
