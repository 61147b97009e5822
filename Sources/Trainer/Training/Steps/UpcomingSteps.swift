import Corpora

/// The next steps' windows, read ahead of the step that is computed.
package struct UpcomingSteps {
    private let totalSteps: Int
    private let windowsPerStep: Int
    private var stream: WindowStream
    private var announced: Int
    private var batches: [StepBatch] = []

    /// - Parameters:
    ///   - stepsDone: steps before the first one that is read.
    ///   - totalSteps: steps of the whole run.
    ///   - windowsPerStep: 1 or more; the last step of an epoch may have fewer.
    ///   - stream: at the place of the first window that is read.
    package init(after stepsDone: Int, of totalSteps: Int, windowsPerStep: Int, stream: WindowStream) {
        self.totalSteps = totalSteps
        self.windowsPerStep = windowsPerStep
        self.stream = stream
        announced = stepsDone
    }

    /// Reads until `count` steps, or all that are left, are there; hands each new one to `announce`.
    ///
    /// - Throws: what the corpus throws.
    package mutating func fill(_ count: Int, announce: (StepBatch) -> Void) throws {
        while batches.count < count, announced < totalSteps {
            let windows = try stream.next(windowsPerStep)
            announced += 1
            let batch = StepBatch(
                step: announced, windows: windows, cursorAfter: stream.cursor, phase: stream.phase)
            announce(batch)
            batches.append(batch)
        }
    }

    /// Takes the next step, which `fill` has read.
    package mutating func removeFirst() -> StepBatch { batches.removeFirst() }
}
