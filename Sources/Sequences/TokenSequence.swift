/// One training sequence that has been checked: not empty, ids within the vocabulary, documents within the limit.
package struct TokenSequence: Sendable {
    package let tokenIDs: [Int32]
    /// First is 0, strictly increasing, each below the count.
    package let documentStarts: [Int]
    /// False at each document's first position and where the mask is 0.
    package let scored: [Bool]

    package init(
        tokenIDs: [Int32], documentStarts: [Int]? = nil, lossMask: [Bool]? = nil, rules: SequenceRules
    ) throws(SequenceError) {
        guard !tokenIDs.isEmpty else { throw .empty }
        let starts = documentStarts ?? [0]
        try Self.check(starts: starts, count: tokenIDs.count)
        try Self.check(tokenIDs, rules: rules)
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : tokenIDs.count
            guard end - start <= rules.maxSequenceTokens else {
                throw .documentTooLong(position: start, tokens: end - start, limit: rules.maxSequenceTokens)
            }
        }
        var scored = lossMask ?? [Bool](repeating: true, count: tokenIDs.count)
        guard scored.count == tokenIDs.count else {
            throw .lossMaskLength(expected: tokenIDs.count, got: scored.count)
        }
        for start in starts { scored[start] = false }
        self.tokenIDs = tokenIDs
        self.documentStarts = starts
        self.scored = scored
    }

    /// The documents as segments, in order.
    package var segments: [Segment] {
        documentStarts.indices.map { index in
            let end = index + 1 < documentStarts.count ? documentStarts[index + 1] : tokenIDs.count
            return Segment(tokenIDs: Array(tokenIDs[documentStarts[index]..<end]))
        }
    }

    /// Student log-probs as posted, checked: finite and at most 0 at every scored position. What stands elsewhere is ignored.
    ///
    /// No tolerance above 0: a log-softmax does not round there (`LogProbFault`), and losses, which posted in place of log-probs turn
    /// every weight around, are hardly above 0 where the student is sure.
    package func student(_ posted: [Float]) throws(SequenceError) -> [Float] {
        guard posted.count == tokenIDs.count else { throw .studentLength(expected: tokenIDs.count, got: posted.count) }
        for position in posted.indices where scored[position] {
            let value = posted[position]
            guard value.isFinite else { throw .studentNotFinite(position: position) }
            guard value <= 0 else { throw .studentAboveZero(position: position, got: value) }
        }
        return posted
    }

    private static func check(starts: [Int], count: Int) throws(SequenceError) {
        guard let first = starts.first, first == 0 else {
            throw .documentStartsInvalid(index: 0, start: starts.first ?? -1, reason: "the first must be 0")
        }
        for index in starts.indices.dropFirst() {
            guard starts[index] > starts[index - 1] else {
                throw .documentStartsInvalid(index: index, start: starts[index], reason: "starts must increase")
            }
            guard starts[index] < count else {
                throw .documentStartsInvalid(
                    index: index, start: starts[index], reason: "the input has only \(count) tokens")
            }
        }
    }

    private static func check(_ tokenIDs: [Int32], rules: SequenceRules) throws(SequenceError) {
        for (position, id) in tokenIDs.enumerated() {
            guard id >= 0, Int(id) < rules.vocabularySize else {
                throw .tokenOutOfRange(
                    position: position, tokenID: Int(id), vocabularySize: rules.vocabularySize)
            }
        }
        guard !rules.unsharedTokenIDs.isEmpty else { return }
        for (position, id) in tokenIDs.enumerated() where rules.unsharedTokenIDs.contains(id) {
            throw .tokenNotShared(position: position, tokenID: Int(id))
        }
    }
}
