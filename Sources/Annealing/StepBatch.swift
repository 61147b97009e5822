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

    package var tokenCount: Int { windows.reduce(0) { $0 + $1.tokenCount } }
    package var scoredTokens: Int { windows.reduce(0) { $0 + $1.scoredTokens } }
}
