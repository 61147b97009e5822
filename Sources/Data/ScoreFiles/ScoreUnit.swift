/// The context under which a teacher scores: what it sees before each token.
package struct ScoreUnit: Sendable, Equatable, CustomStringConvertible {
    /// What is scored on its own.
    package enum Kind: String, Sendable, CaseIterable {
        /// Each document, cut at multiples of the number of tokens from its own start; positions and attention start anew at each piece.
        case document
        /// Each window at multiples of the number of tokens from the file's start, with attention across the documents in it.
        case chunk
    }

    /// What is scored on its own.
    package let kind: Kind
    /// Most tokens of a piece, or the tokens of a chunk; at least 2.
    package let tokens: Int

    package init(_ kind: Kind, tokens: Int) {
        self.kind = kind
        self.tokens = tokens
    }

    package var description: String { "\(kind.rawValue) of \(kind == .document ? "at most " : "")\(tokens) tokens" }

    /// The parts of a document, or of a file's chunks, that are scored on their own, in their order.
    package func pieces(_ range: Range<Int>) -> some Sequence<Range<Int>> {
        stride(from: range.lowerBound, to: range.upperBound, by: tokens).lazy.map {
            $0..<min($0 + tokens, range.upperBound)
        }
    }
}
