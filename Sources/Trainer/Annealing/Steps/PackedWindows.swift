import Corpora
import Sequences
import Transformers

/// Windows laid out behind one another for one forward.
struct PackedWindows {
    let batch: PackedBatch
    private let windows: Spans

    init(_ windows: some Collection<TrainingWindow>) {
        batch = PackedBatch(
            tokenIDs: windows.flatMap(\.tokenIDs), segments: Spans(joining: windows.lazy.map(\.segments)))
        self.windows = Spans(lengths: windows.lazy.map(\.tokenCount))
    }

    /// Values of all tokens, window by window.
    func split<Value>(_ values: [Value]) -> [[Value]] { windows.cut(values) }
}
