import Corpora
import Sequences
import Transformers

/// Windows laid out behind one another for one forward.
struct PackedWindows {
    let batch: PackedBatch
    private let lengths: [Int]

    init(_ windows: some Collection<TrainingWindow>) {
        var ids: [Int32] = []
        var starts: [Int] = []
        for window in windows {
            starts += window.segmentStarts.map { $0 + ids.count }
            ids += window.tokenIDs
        }
        batch = PackedBatch(tokenIDs: ids, segmentStarts: starts + [ids.count])
        lengths = windows.map(\.tokenCount)
    }

    /// Values of all tokens, window by window.
    func split<Value>(_ values: [Value]) -> [[Value]] {
        var start = 0
        return lengths.map { length in
            defer { start += length }
            return Array(values[start..<start + length])
        }
    }
}
