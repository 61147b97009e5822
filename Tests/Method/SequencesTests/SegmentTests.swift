import Digests
import Sequences
import Testing

@Suite struct SegmentTests {
    /// The value is Python's: hashlib.sha256(struct.pack("<3i", 5, 70000, 2)). Stores and side-cars are looked up by it.
    @Test func theNameOfASegment() {
        let name = "fe06a09e091980623ccdc9a4721d8d6f526e5a1f2006b555db41708f92321375"
        let ids: [Int32] = [5, 70_000, 2]
        #expect(Segment(tokenIDs: ids).digest.hex == name)
        #expect(Segment.digest(of: ([9] + ids)[1...]).hex == name, "a slice")
        #expect(Segment.digest(of: ids.lazy.map { $0 }).hex == name, "ids that lie nowhere")
    }
}
