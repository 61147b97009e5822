import Corpora
import Testing

struct WindowPackerTests {
    @Test func eachSegmentGoesIntoTheFullestWindowWithRoom() {
        let packer = WindowPacker(capacity: 10, openWindows: 8)
        #expect(packer.pack([6, 7, 3, 4, 10, 2]) == [[1, 2], [0, 3], [4], [5]])
    }

    @Test func theFullestIsClosedWhereTooManyAreOpen() {
        let packer = WindowPacker(capacity: 10, openWindows: 1)
        #expect(packer.pack([6, 7, 3, 4]) == [[1], [0, 2], [3]])
    }

    @Test(arguments: [(1, 7), (32, 64), (32, 2048)])
    func everySegmentOnceAndNoWindowOverfull(_ openWindows: Int, _ capacity: Int) {
        var random = SplitMix64(seed: 3)
        let lengths = (0..<2000).map { _ in Int.random(in: 1...capacity, using: &random) }
        let windows = WindowPacker(capacity: capacity, openWindows: openWindows).pack(lengths)
        #expect(windows.flatMap { $0 }.sorted() == Array(0..<2000))
        #expect(windows.allSatisfy { $0.reduce(0) { $0 + lengths[$1] } <= capacity })
        #expect(windows.allSatisfy { $0 == $0.sorted() })
    }

    @Test func paddingIsSmallForDocumentsOfMixedLength() {
        var random = SplitMix64(seed: 4)
        let lengths = (0..<5000).map { _ in Int.random(in: 10...1000, using: &random) }
        let windows = WindowPacker(capacity: 2048).pack(lengths)
        let share = 1 - Double(lengths.reduce(0, +)) / Double(windows.count * 2048)
        #expect(share < 0.03)
    }
}
