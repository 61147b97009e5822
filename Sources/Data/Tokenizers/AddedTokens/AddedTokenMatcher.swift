/// Finds added tokens in a text: at the leftmost place where one starts, the longest. A trie over bytes; most texts leave
/// it at the first byte. O(text times the longest token) at worst.
struct AddedTokenMatcher: Sendable {
    private struct Node: Sendable {
        var children: [(byte: UInt8, node: Int32)] = []
        var token: Int32 = -1
    }

    private var nodes: [Node] = [Node()]
    private var tokens: [AddedToken] = []
    private var startsToken = [Bool](repeating: false, count: 256)

    /// - Parameter tokens: each with the bytes to look for.
    init(_ tokens: [(token: AddedToken, bytes: [UInt8])]) {
        for (token, bytes) in tokens where !bytes.isEmpty {
            startsToken[Int(bytes[0])] = true
            var at = 0
            for byte in bytes {
                if let next = nodes[at].children.first(where: { $0.byte == byte }) {
                    at = Int(next.node)
                } else {
                    nodes[at].children.append((byte, Int32(nodes.count)))
                    at = nodes.count
                    nodes.append(Node())
                }
            }
            nodes[at].token = Int32(self.tokens.count)
            self.tokens.append(token)
        }
    }

    var isEmpty: Bool { tokens.isEmpty }

    /// Appends the tokens in `text[range]` and the text between them to `output`. A token of which the one before it has taken every byte
    /// is left out, as the library does.
    ///
    /// - Throws: `TokenizerError.addedTokensOverlap` where the one before has taken bytes beyond its end: the library has no ids there either.
    func split(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ output: inout [Piece]
    ) throws(TokenizerError) {
        var copied = range.lowerBound
        var at = range.lowerBound
        while at < range.upperBound {
            guard startsToken[Int(text[at])], let match = longestMatch(text, at, range.upperBound) else {
                at += 1
                continue
            }
            let token = tokens[match.token]
            let start = at
            at = match.end
            if token.isSingleWord, Self.touchesWord(text, start, match.end, range) { continue }
            let from = token.stripsLeft ? max(Self.skipSpacesLeft(text, start, range), copied) : start
            let to = token.stripsRight ? Self.skipSpacesRight(text, match.end, range) : match.end
            guard from <= to else { throw .addedTokensOverlap(token: token.content, offset: start) }
            if copied < from { output.append(Piece(start: copied, end: from)) }
            if from < to { output.append(Piece(start: from, end: to, token: token.id)) }
            copied = to
        }
        if copied < range.upperBound { output.append(Piece(start: copied, end: range.upperBound)) }
    }

    private func longestMatch(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ limit: Int
    ) -> (token: Int, end: Int)? {
        var best: (token: Int, end: Int)?
        var node = 0
        var at = start
        while at < limit, let next = nodes[node].children.first(where: { $0.byte == text[at] }) {
            node = Int(next.node)
            at += 1
            if nodes[node].token >= 0 { best = (Int(nodes[node].token), at) }
        }
        return best
    }

    private static func touchesWord(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ range: Range<Int>
    ) -> Bool {
        if start > range.lowerBound {
            var before = start - 1
            while UTF8Scalar.isContinuation(text[before]) { before -= 1 }
            if isWord(UTF8Scalar.decode(text, &before)) { return true }
        }
        var after = end
        return end < range.upperBound && isWord(UTF8Scalar.decode(text, &after))
    }

    /// `\w` of Unicode Technical Standard 18, in the library's Unicode 16.
    private static func isWord(_ scalar: UInt32) -> Bool {
        guard let properties = Unicode.Scalar(scalar)?.properties, let age = properties.age, age.major <= 16 else {
            return false
        }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return properties.isAlphabetic || properties.isJoinControl
        }
    }

    private static func skipSpacesLeft(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ range: Range<Int>) -> Int {
        var at = start
        while at > range.lowerBound {
            var before = at - 1
            while UTF8Scalar.isContinuation(text[before]) { before -= 1 }
            var next = before
            guard WhiteSpace.contains(UTF8Scalar.decode(text, &next)) else { break }
            at = before
        }
        return at
    }

    private static func skipSpacesRight(_ text: UnsafeBufferPointer<UInt8>, _ end: Int, _ range: Range<Int>) -> Int {
        var at = end
        while at < range.upperBound {
            var next = at
            guard WhiteSpace.contains(UTF8Scalar.decode(text, &next)) else { break }
            at = next
        }
        return at
    }
}
