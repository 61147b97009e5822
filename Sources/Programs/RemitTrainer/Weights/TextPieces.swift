/// A piece of the text that no token boundary cuts within a character: one token, or the tokens that share a character.
package struct TextPiece: Equatable {
    /// Positions of its tokens; empty for text between tokens.
    package let tokens: Range<Int>
    package let text: String
}

extension TextPiece {
    /// Cuts a text at its tokens. Byte-level tokenizers cut a character of several bytes between tokens, none of which has a text of its own:
    /// their spans overlap, and they are one piece.
    ///
    /// - Parameters:
    ///   - offsets: spans of the T tokens in the text's UTF-8 bytes, in order; 0..<0 for a special token, which shows as nothing.
    ///     What lies outside the text or cuts a character is taken as it is, with U+FFFD for what is no UTF-8.
    package static func pieces(of text: String, offsets: [Range<Int>]) -> [TextPiece] {
        let bytes = Array(text.utf8)
        func slice(_ span: Range<Int>) -> String {
            String(decoding: bytes[span.clamped(to: bytes.indices)], as: UTF8.self)
        }
        var pieces: [TextPiece] = []
        var position = 0
        var first = 0
        while first < offsets.count {
            var (span, next) = (offsets[first], first + 1)
            while next < offsets.count, !offsets[next].isEmpty, offsets[next].lowerBound < span.upperBound {
                span = span.lowerBound..<max(span.upperBound, offsets[next].upperBound)
                next += 1
            }
            if span.lowerBound > position {
                pieces.append(TextPiece(tokens: first..<first, text: slice(position..<span.lowerBound)))
            }
            pieces.append(TextPiece(tokens: first..<next, text: slice(span)))
            position = max(position, span.upperBound)
            first = next
        }
        if position < bytes.count {
            pieces.append(TextPiece(tokens: offsets.count..<offsets.count, text: slice(position..<bytes.count)))
        }
        return pieces
    }
}
