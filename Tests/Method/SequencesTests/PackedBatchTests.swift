import Sequences
import Testing

@Suite struct PackedBatchTests {
    @Test func segmentsFollowEachOther() {
        let batch = PackedBatch(segments: [[1, 2, 3], [4], [5, 6]])
        #expect(batch.tokenIDs == [1, 2, 3, 4, 5, 6])
        #expect(batch.segments.boundaries == [0, 3, 4, 6])
        #expect(batch == PackedBatch(tokenIDs: [1, 2, 3, 4, 5, 6], segments: Spans(lengths: [3, 1, 2])))
    }
}
