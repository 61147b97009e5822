import Corpora

/// The next steps' windows, read ahead of the step that is computed.
struct UpcomingSteps {
    private let options: AnnealingOptions
    private var stream: WindowStream
    private var announced: Int
    private var batches: [StepBatch] = []

    init(options: AnnealingOptions, stepsDone: Int, stream: WindowStream) {
        self.options = options
        self.stream = stream
        announced = stepsDone
    }

    /// Reads until `count` steps, or all that are left, are there; hands each new one to `announce`.
    mutating func fill(_ count: Int, announce: (StepBatch) -> Void) throws {
        while batches.count < count, announced < options.totalSteps {
            let windows = try stream.next(options.batchSequences)
            announced += 1
            let batch = StepBatch(step: announced, windows: windows, cursorAfter: stream.cursor)
            announce(batch)
            batches.append(batch)
        }
    }

    mutating func removeFirst() -> StepBatch { batches.removeFirst() }
}
