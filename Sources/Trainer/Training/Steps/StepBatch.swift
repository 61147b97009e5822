import Corpora

/// The training windows of one optimizer step.
package struct StepBatch: Sendable {
    /// Number of the step in its run, from 1.
    package let step: Int
    /// Windows of the step, in the order in which they are computed.
    package let windows: [TrainingWindow]
    /// Place in the corpus once this step is done: where the next one begins.
    package let cursorAfter: DataCursor
    /// Number of the phase of the step's last window, from 1; nil where the corpus has no phases.
    package let phase: Int?

    package init(step: Int, windows: [TrainingWindow], cursorAfter: DataCursor, phase: Int? = nil) {
        self.phase = phase
        self.step = step
        self.windows = windows
        self.cursorAfter = cursorAfter
    }

    /// Tokens that each of the corpus's `count` sources has in the step, scored or not. [sources]
    package func sourceTokens(_ count: Int) -> [Int] {
        windows.reduce(into: [Int](repeating: 0, count: count)) { sums, window in
            for (index, piece) in window.pieces.enumerated() {
                sums[piece.source] += window.range(ofPiece: index).count
            }
        }
    }

    /// Tokens of the step's windows, scored or not.
    package var tokenCount: Int { windows.reduce(0) { $0 + $1.tokenCount } }
    /// Scored tokens of the step's windows.
    package var scoredTokens: Int { windows.reduce(0) { $0 + $1.scoredTokens } }
}

extension StepBatch {
    /// Ranges of windows that are computed together: `count` each, 1 or more; the last may have fewer.
    package func microBatches(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: windows.count, by: count).map { $0..<min($0 + count, windows.count) }
    }
}
