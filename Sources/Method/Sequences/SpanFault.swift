/// One start in a list of starts that breaks its rules: first 0, strictly increasing, each below the number of tokens.
package struct SpanFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Place of the start in the list, from 0.
    package let index: Int
    /// What would have been right at this place, in words for a message: "more than 5".
    package let expected: String
    /// The start that stands there; nil where the list ends before it.
    package let got: Int?

    package init(index: Int, expected: String, got: Int?) {
        (self.index, self.expected, self.got) = (index, expected, got)
    }

    /// The first fault of `starts`, which must begin with 0, increase strictly and stay below the number of tokens; nil where there is
    /// none.
    ///
    /// - Parameter tokenCount: nil where it is not known yet.
    package init?(in starts: [Int], tokenCount: Int?) {
        guard starts.first == (tokenCount == 0 ? nil : 0) else {
            self.init(index: 0, expected: tokenCount == 0 ? "none, since there are no tokens" : "0", got: starts.first)
            return
        }
        for at in starts.indices.dropFirst() where starts[at] <= starts[at - 1] {
            self.init(index: at, expected: "more than \(starts[at - 1])", got: starts[at])
            return
        }
        guard let tokenCount, let at = starts.firstIndex(where: { $0 >= tokenCount }) else { return nil }
        self.init(index: at, expected: "less than \(tokenCount), the number of tokens", got: starts[at])
    }

    /// Text to stand behind the name of the list: `[2]: expected more than 5, got 5`.
    package var description: String { "[\(index)]: expected \(expected), got \(got.map(String.init) ?? "nothing")" }
}
