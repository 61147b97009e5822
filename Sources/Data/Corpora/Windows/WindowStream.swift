/// Where a run stands in its corpus. With the seed it is all there is to know: the order of an epoch is a function of both.
package struct DataCursor: Sendable, Equatable, Codable {
    package var epoch: Int
    /// The next window of that epoch.
    package var window: Int

    package init(epoch: Int = 0, window: Int = 0) {
        self.epoch = epoch
        self.window = window
    }
}

/// The training windows of a run, epoch after epoch, each epoch in an order of its own.
package struct WindowStream: Sendable {
    package let corpus: Corpus
    package let seed: UInt64
    package private(set) var cursor: DataCursor
    private var plan: EpochPlan

    package init(_ corpus: Corpus, seed: UInt64, from cursor: DataCursor = DataCursor()) throws {
        self.corpus = corpus
        self.seed = seed
        self.cursor = cursor
        plan = try corpus.plan(seed: seed, epoch: cursor.epoch)
    }

    /// The windows of one optimizer step: `count`, or what the epoch has left. A step never crosses an epoch.
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

    /// How many steps of `windows` windows the first `epochs` epochs have. Packing differs a little from epoch to epoch.
    package static func stepCount(_ corpus: Corpus, seed: UInt64, epochs: Int, windows: Int) throws -> Int {
        try (0..<epochs).reduce(0) { try $0 + (corpus.plan(seed: seed, epoch: $1).windowCount + windows - 1) / windows }
    }
}
