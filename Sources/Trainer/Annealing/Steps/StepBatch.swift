import Corpora

/// The training windows of one optimizer step.
package struct StepBatch: Sendable {
    /// From 1.
    package let step: Int
    package let windows: [TrainingWindow]
    /// Where the corpus stands once this step is done.
    package let cursorAfter: DataCursor

    package init(step: Int, windows: [TrainingWindow], cursorAfter: DataCursor) {
        self.step = step
        self.windows = windows
        self.cursorAfter = cursorAfter
    }

    /// Tokens of each of the corpus's sources.
    package func sourceTokens(_ count: Int) -> [Int] {
        windows.reduce(into: [Int](repeating: 0, count: count)) { sums, window in
            for (index, piece) in window.pieces.enumerated() {
                sums[piece.source] += window.range(ofPiece: index).count
            }
        }
    }

    package var tokenCount: Int { windows.reduce(0) { $0 + $1.tokenCount } }
    package var scoredTokens: Int { windows.reduce(0) { $0 + $1.scoredTokens } }
}
