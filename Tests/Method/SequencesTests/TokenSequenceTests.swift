import Sequences
import Testing

@Suite struct TokenSequenceTests {
    let rules = SequenceRules(vocabularySize: 100, maxSequenceTokens: 4, unsharedTokenIDs: [99])

    @Test func documentsBecomeSegments() throws {
        let sequence = try TokenSequence(tokenIDs: [1, 2, 3, 4, 5, 6], documentStarts: [0, 2, 5], rules: rules)
        #expect(sequence.segments.map(\.tokenIDs) == [[1, 2], [3, 4, 5], [6]])
        #expect(sequence.scored == [false, true, false, true, true, false])
    }

    @Test func aSegmentsDigestDependsOnItsIdsAlone() throws {
        let packed = try TokenSequence(tokenIDs: [7, 1, 2, 3], documentStarts: [0, 1], rules: rules)
        let alone = try TokenSequence(tokenIDs: [1, 2, 3], rules: rules)
        #expect(packed.segments[1].digest == alone.segments[0].digest)
        #expect(packed.segments[0].digest != alone.segments[0].digest)
    }

    @Test func maskAndDocumentStartsAreUnscored() throws {
        let sequence = try TokenSequence(
            tokenIDs: [1, 2, 3, 4], documentStarts: [0, 3], lossMask: [true, false, true, true], rules: rules)
        #expect(sequence.scored == [false, false, true, false])
    }

    @Test(
        arguments: [
            ([], nil, nil, .empty),
            ([1, 100], nil, nil, .tokenOutOfRange(position: 1, tokenID: 100, vocabularySize: 100)),
            ([-1], nil, nil, .tokenOutOfRange(position: 0, tokenID: -1, vocabularySize: 100)),
            ([1, 2, 99], nil, nil, .tokenNotShared(position: 2, tokenID: 99)),
            ([1, 2, 3, 4, 5], nil, nil, .documentTooLong(position: 0, tokens: 5, limit: 4)),
            ([1, 2, 3, 4, 5, 6], [0, 1], nil, .documentTooLong(position: 1, tokens: 5, limit: 4)),
            ([1, 2], [], nil, .documentStarts(SpanFault(index: 0, expected: "0", got: nil))),
            ([1, 2], [0, 0], nil, .documentStarts(SpanFault(index: 1, expected: "more than 0", got: 0))),
            ([1, 2], nil, [true], .lossMaskLength(expected: 2, got: 1)),
        ] as [([Int32], [Int]?, [Bool]?, SequenceError)])
    func refused(_ ids: [Int32], _ starts: [Int]?, _ mask: [Bool]?, _ error: SequenceError) {
        #expect(throws: error) {
            _ = try TokenSequence(tokenIDs: ids, documentStarts: starts, lossMask: mask, rules: rules)
        }
    }

    @Test func studentMustBeFiniteWhereScored() throws {
        let sequence = try TokenSequence(
            tokenIDs: [1, 2, 3], lossMask: [true, true, false], rules: rules)
        #expect(try sequence.student([.nan, -1, .infinity]).count == 3)
        #expect(throws: SequenceError.studentNotFinite(position: 1)) { try sequence.student([0, .nan, 0]) }
        #expect(throws: SequenceError.studentLength(expected: 3, got: 2)) { try sequence.student([0, 0]) }
    }

    /// Losses posted in place of log-probs would turn every weight around.
    @Test func studentMustNotBeAboveZeroWhereScored() throws {
        let sequence = try TokenSequence(tokenIDs: [1, 2, 3], lossMask: [true, true, false], rules: rules)
        #expect(try sequence.student([7, 0, 7]).count == 3)
        #expect(try sequence.student([.nan, -0.0, .nan]).count == 3)
        for got in [1.5, 1e-7, .leastNonzeroMagnitude] as [Float] {
            #expect(throws: SequenceError.studentAboveZero(position: 1, got: got)) {
                try sequence.student([0, got, 0])
            }
        }
    }
}
