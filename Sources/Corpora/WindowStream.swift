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

    package mutating func next() throws -> TrainingWindow {
        if cursor.window >= plan.windowCount {
            cursor = DataCursor(epoch: cursor.epoch + 1)
            plan = try corpus.plan(seed: seed, epoch: cursor.epoch)
        }
        defer { cursor.window += 1 }
        return corpus.window(plan.window(cursor.window))
    }

    /// How many windows the first `epochs` epochs have. Packing differs a little from epoch to epoch.
    package static func windowCount(_ corpus: Corpus, seed: UInt64, epochs: Int) throws -> Int {
        try (0..<epochs).reduce(0) { try $0 + corpus.plan(seed: seed, epoch: $1).windowCount }
    }
}
