import Corpora
import Sequences
import Transformers

/// Windows laid out behind one another for one forward.
package struct PackedWindows {
    /// Tokens of the windows, and the segments that see themselves alone. [N]
    package let batch: PackedBatch
    private let windows: Spans

    /// Lays windows behind one another, in their order.
    package init(_ windows: some Collection<TrainingWindow>) {
        batch = PackedBatch(
            tokenIDs: windows.flatMap(\.tokenIDs), segments: Spans(joining: windows.lazy.map(\.segments)))
        self.windows = Spans(lengths: windows.lazy.map(\.tokenCount))
    }

    /// Values of all tokens, one each, window by window.
    package func split<Value>(_ values: [Value]) -> [[Value]] { windows.cut(values) }
}
