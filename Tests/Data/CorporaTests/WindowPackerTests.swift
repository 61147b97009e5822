import Corpora
import RandomNumbers
import Testing

struct WindowPackerTests {
    /// Windows as lists of indices into `lengths`.
    private func pack(_ lengths: [Int], capacity: Int, openWindows: Int = 32) -> [[Int]] {
        var packer = WindowPacker<Int>(capacity: capacity, openWindows: openWindows)
        var windows: [[Int]] = []
        for (index, length) in lengths.enumerated() { packer.add(index, length: length) { windows.append($0) } }
        packer.finish { windows.append($0) }
        return windows
    }

    @Test func eachSegmentGoesIntoTheFullestWindowWithRoom() {
        #expect(pack([6, 7, 3, 4, 10, 2], capacity: 10, openWindows: 8) == [[1, 2], [0, 3], [4], [5]])
    }

    @Test func theFullestIsClosedWhereTooManyAreOpen() {
        #expect(pack([6, 7, 3, 4], capacity: 10, openWindows: 1) == [[1], [0, 2], [3]])
    }

    @Test func inOrderASegmentThatDoesNotFitClosesTheWindow() {
        var packer = WindowPacker<Int>(inOrder: 10)
        var windows: [[Int]] = []
        for (index, length) in [6, 9, 1, 10, 4, 5, 2].enumerated() {
            packer.add(index, length: length) { windows.append($0) }
        }
        packer.finish { windows.append($0) }
        #expect(windows == [[0], [1, 2], [3], [4, 5], [6]])
    }

    @Test(arguments: [(1, 7), (32, 64), (32, 2048)])
    func everySegmentOnceAndNoWindowOverfull(_ openWindows: Int, _ capacity: Int) {
        var random = SplitMix64(seed: 3)
        let lengths = (0..<2000).map { _ in Int.random(in: 1...capacity, using: &random) }
        let windows = pack(lengths, capacity: capacity, openWindows: openWindows)
        #expect(windows.flatMap { $0 }.sorted() == Array(0..<2000))
        #expect(windows.allSatisfy { $0.reduce(0) { $0 + lengths[$1] } <= capacity })
        #expect(windows.allSatisfy { $0 == $0.sorted() })
    }

    @Test func paddingIsSmallForDocumentsOfMixedLength() {
        var random = SplitMix64(seed: 4)
        let lengths = (0..<5000).map { _ in Int.random(in: 10...1000, using: &random) }
        let windows = pack(lengths, capacity: 2048)
        let share = 1 - Double(lengths.reduce(0, +)) / Double(windows.count * 2048)
        #expect(share < 0.03)
    }
}
