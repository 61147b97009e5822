/// One training sequence that has been checked: not empty, ids within the vocabulary, documents within the limit.
package struct TokenSequence: Sendable {
    /// Ids of the whole sequence. [T], at least one, each in 0..<vocabularySize of the rules.
    package let tokenIDs: [Int32]
    /// Where each document lies in `tokenIDs`; one document where no starts were given.
    package let documents: Spans
    /// Which positions are scored. [T]; false at each document's first position and where the mask is false.
    package let scored: [Bool]

    /// Checks ids, documents and mask against the rules.
    ///
    /// - Parameters:
    ///   - documentStarts: position of each document's first token; nil for one document.
    ///   - lossMask: true where a token may be scored, [T]; nil for everywhere.
    /// - Throws: `SequenceError`, the first rule that is broken.
    package init(
        tokenIDs: [Int32], documentStarts: [Int]? = nil, lossMask: [Bool]? = nil, rules: SequenceRules
    ) throws(SequenceError) {
        guard !tokenIDs.isEmpty else { throw .empty }
        do throws(SpanFault) {
            documents = try Spans(starts: documentStarts ?? [0], tokenCount: tokenIDs.count)
        } catch {
            throw .documentStarts(error)
        }
        try Self.check(tokenIDs, rules: rules)
        for document in documents where document.count > rules.maxSequenceTokens {
            throw .documentTooLong(
                position: document.lowerBound, tokens: document.count, limit: rules.maxSequenceTokens)
        }
        if let lossMask, lossMask.count != tokenIDs.count {
            throw .lossMaskLength(expected: tokenIDs.count, got: lossMask.count)
        }
        self.tokenIDs = tokenIDs
        scored = documents.scored(lossMask)
    }

    /// The documents as segments, in order.
    package var segments: [Segment] {
        documents.map { Segment(tokenIDs: Array(tokenIDs[$0])) }
    }

    /// Student log-probs [T] as posted, once they are known to be finite and at most 0 at every scored position. What stands
    /// elsewhere is ignored.
    ///
    /// No tolerance above 0: a log-softmax does not round there (`LogProbFault`), and losses, which posted in place of log-probs turn
    /// every weight around, are hardly above 0 where the student is sure.
    ///
    /// - Throws: `SequenceError.studentLength`, `.studentNotFinite` or `.studentAboveZero`.
    package func student(_ posted: [Float]) throws(SequenceError) -> [Float] {
        guard posted.count == tokenIDs.count else { throw .studentLength(expected: tokenIDs.count, got: posted.count) }
        for position in posted.indices where scored[position] {
            let value = posted[position]
            guard value.isFinite else { throw .studentNotFinite(position: position) }
            guard value <= 0 else { throw .studentAboveZero(position: position, got: value) }
        }
        return posted
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
