/// Where a run stands in its corpus. With the seed it is all there is to know: the order of an epoch is a function of both.
package struct DataCursor: Sendable, Equatable, Codable {
    /// Number of the epoch, from 0.
    package var epoch: Int
    /// Number of the next window in that epoch, from 0; the epoch's number of windows at its end.
    package var window: Int

    package init(epoch: Int = 0, window: Int = 0) {
        self.epoch = epoch
        self.window = window
    }
}

/// The training windows of a run, epoch after epoch, each epoch in an order of its own.
package struct WindowStream: Sendable {
    /// Where the windows come from.
    package let corpus: Corpus
    /// Decides the order of every epoch.
    package let seed: UInt64
    /// Place of the next window: what a checkpoint keeps, so that a resumed run goes on with the window that comes next.
    package private(set) var cursor: DataCursor
    private var plan: EpochPlan

    /// Number of the phase, from 1, that the last window that was read is of; nil where the corpus has no phases.
    package var phase: Int? { corpus.phases.isEmpty ? nil : plan.phase(ofWindow: max(0, cursor.window - 1)) + 1 }

    /// Makes the order of the cursor's epoch.
    ///
    /// - Parameter known: a plan of this corpus that was made already; taken where it is that of the epoch and seed.
    /// - Throws: as `Corpus.plan` does.
    package init(
        _ corpus: Corpus, seed: UInt64, from cursor: DataCursor = DataCursor(), known: EpochPlan? = nil
    ) throws {
        self.corpus = corpus
        self.seed = seed
        self.cursor = cursor
        plan = try known?.of(seed, cursor.epoch) ?? corpus.plan(seed: seed, epoch: cursor.epoch)
    }

    /// Reads the windows of one optimizer step: `count`, or what the epoch has left. A step never crosses an epoch.
    ///
    /// - Throws: `CorpusError.damagedCache` where a file has not the bytes that were written.
    package mutating func next(_ count: Int) throws -> [TrainingWindow] {
        precondition(count > 0, "a step has windows")
        if cursor.window >= plan.windowCount {
            cursor = DataCursor(epoch: cursor.epoch + 1)
            plan = try corpus.plan(seed: seed, epoch: cursor.epoch)
        }
        let range = cursor.window..<min(cursor.window + count, plan.windowCount)
        cursor.window = range.upperBound
        return try range.map { try corpus.window(plan.window($0)) }
    }

    /// Number of optimizer steps of `windows` windows that the first `epochs` epochs have. Packing differs a little from epoch to
    /// epoch. Complexity: makes the order of each epoch but that of `known`.
    package static func stepCount(
        _ corpus: Corpus, seed: UInt64, epochs: Int, windows: Int, known: EpochPlan? = nil
    ) throws -> Int {
        try (0..<epochs).reduce(0) { steps, epoch in
            let plan = try known?.of(seed, epoch) ?? corpus.plan(seed: seed, epoch: epoch)
            return steps + (plan.windowCount + windows - 1) / windows
        }
    }
}

extension EpochPlan {
    /// Itself where it is that of this epoch.
    fileprivate func of(_ seed: UInt64, _ epoch: Int) -> EpochPlan? {
        self.seed == seed && self.epoch == epoch ? self : nil
    }
}
