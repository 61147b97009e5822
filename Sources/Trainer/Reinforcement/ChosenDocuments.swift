import Tasks

/// Documents of a stream, some left out, some replaced: what is written of a synthetic corpus.
package struct ChosenDocuments {
    private let stream: TaskStream
    private let count: Int
    private let dropsWrong: Bool
    private var place = 0
    /// Places that are left out.
    package var dropped: Set<Int> = []
    /// Share of the problems that are replaced, where there are traces: each with this chance, by the stream's seed and its place. 0 to 1.
    package var tracesShare = 0.0
    /// What replaces them; nil: nothing is replaced.
    package var traces: VerifiedTraces?
    /// Called before the checkpoint writes; what it throws ends the reading.
    package var onDraw: () throws -> Void = {}

    /// The first `count` documents of a stream, without those that were made wrong on purpose if so wished.
    package init(_ stream: TaskStream, count: Int, dropsWrong: Bool = false) {
        self.stream = stream
        self.count = count
        self.dropsWrong = dropsWrong
    }

    /// Gives the next document; nil behind the last.
    ///
    /// - Throws: what `VerifiedTraces.document` throws.
    package mutating func next() throws -> TaskDocument? {
        while place < count {
            defer { place += 1 }
            let document = stream.document(at: place)
            guard !dropped.contains(place), !(dropsWrong && document.isWrong) else { continue }
            guard document.domain == .reasoning, traces != nil, isReplaced else { return document }
            return try traces?.document(onDraw: onDraw)
        }
        return nil
    }

    private var isReplaced: Bool {
        var random = TaskRandom(seed: stream.seed &+ 1, index: ~place)
        return random.chance(tracesShare)
    }
}
