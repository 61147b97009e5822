import Sequences
import Testing

@Suite struct SpansTests {
    @Test func partsOfAList() throws {
        let spans = try Spans(starts: [0, 2, 5], tokenCount: 6)
        #expect(Array(spans) == [0..<2, 2..<5, 5..<6])
        #expect(spans.boundaries == [0, 2, 5, 6])
        #expect(try spans == Spans(boundaries: [0, 2, 5, 6]))
        #expect(spans == Spans(lengths: [2, 3, 1]))
        #expect(spans == Spans(joining: [Spans(whole: 2), Spans(lengths: [3, 1])]))
        #expect(spans.cut(["a", "b", "c", "d", "e", "f"]) == [["a", "b"], ["c", "d", "e"], ["f"]])
        #expect((0..<6).map(spans.index(holding:)) == [0, 0, 1, 1, 1, 2])
        #expect(spans.scored() == [false, true, false, true, true, false])
        #expect(spans.scored([true, false, true, false, true, true]) == [false, false, false, false, true, false])
    }

    @Test func nothingIsNoPart() throws {
        for none in [Spans(), Spans(whole: 0), Spans(lengths: []), Spans(joining: [Spans(), Spans()])] {
            #expect(none.isEmpty && none.boundaries == [0] && none.cut([Int]()).isEmpty)
        }
        #expect(try Spans(boundaries: [0]) == Spans())
        #expect(try Spans(starts: [], tokenCount: 0) == Spans())
    }

    @Test func documentsOfSequences() {
        let sequences = Spans(lengths: [4, 1, 3])
        let documents = Spans(lengths: [2, 2, 1, 3])
        #expect(documents.grouped(by: sequences).map(\.starts) == [[0, 2], [0], [0]])
        #expect(sequences.grouped(by: sequences) == sequences.map { Spans(whole: $0.count) })
    }

    @Test(
        arguments: [
            ([], 3, 0, "expected 0, got nothing"), ([1], 3, 0, "expected 0, got 1"),
            ([-1, 0], 3, 0, "expected 0, got -1"),
            ([0, 0], 3, 1, "expected more than 0, got 0"), ([0, 2, 1], 3, 2, "expected more than 2, got 1"),
            ([0, .min], 3, 1, "expected more than 0, got -9223372036854775808"),
            ([0, 3], 3, 1, "expected less than 3, the number of tokens, got 3"),
            ([0, 1, .max], 3, 2, "expected less than 3, the number of tokens, got 9223372036854775807"),
            ([0], 0, 0, "expected none, since there are no tokens, got 0"),
            ([0], -1, 0, "expected less than -1, the number of tokens, got 0"),
        ] as [([Int], Int, Int, String)])
    func refused(_ starts: [Int], _ count: Int, _ index: Int, _ said: String) {
        #expect(SpanFault(in: starts, tokenCount: count)?.description == "[\(index)]: \(said)")
        #expect(throws: SpanFault.self) { try Spans(starts: starts, tokenCount: count) }
        #expect(throws: SpanFault.self) { try Spans(boundaries: starts + [count]) }
    }

    /// Before a text is tokenized nobody knows how many tokens it has.
    @Test func orderAlone() {
        #expect(SpanFault(in: [0, 7, 9], tokenCount: nil) == nil)
        #expect(SpanFault(in: [0, 9, 7], tokenCount: nil)?.index == 2)
        #expect(SpanFault(in: [], tokenCount: nil)?.got == nil)
        #expect(throws: SpanFault.self) { try Spans(boundaries: []) }
    }
}
