import Tasks

/// Documents of a stream, some problems left out, some replaced: what is written of a synthetic corpus.
///
/// In place of a problem that is left out a kept one of its family is written again, so that there are as many documents of each kind, and
/// about as many tokens, as where nothing is left out. Fewer problems would leave more of the longer filler, and windows less full.
package struct ChosenDocuments {
    private let stream: TaskStream
    private let count: Int
    private let dropsWrong: Bool
    private var place = 0
    private var kept: KeptProblems?
    /// Places of problems that are left out.
    package var dropped: Set<Int> = []
    /// Share of the problems that are replaced, where there are traces: each with this chance, by the stream's seed and its place. 0 to 1.
    package var tracesShare = 0.0
    /// What replaces them; nil: nothing is replaced.
    package var traces: VerifiedTraces?
    /// Called before each document that is read, and before the checkpoint writes; what it throws ends the reading.
    package var onDocument: () throws -> Void = {}

    /// The first `count` documents of a stream, without those that were made wrong on purpose if so wished.
    package init(_ stream: TaskStream, count: Int, dropsWrong: Bool = false) {
        self.stream = stream
        self.count = count
        self.dropsWrong = dropsWrong
    }

    /// Gives the next document; nil behind the last.
    ///
    /// - Throws: `ReinforcementError.nothingKept` where problems are left out and none is kept; what `VerifiedTraces.document` throws.
    /// - Complexity: where a problem is left out, all documents are read once more, and some bytes held for each problem.
    package mutating func next() throws -> TaskDocument? {
        guard place < count else { return nil }
        defer { place += 1 }
        try onDocument()
        var document = stream.document(at: place)
        if isLeftOut(place, document) { document = try problem(insteadOf: document) }
        guard document.domain == .reasoning, traces != nil, isReplaced else { return document }
        return try traces?.document(onDraw: onDocument)
    }

    private func isLeftOut(_ place: Int, _ document: TaskDocument) -> Bool {
        document.domain == .reasoning && (dropped.contains(place) || dropsWrong && document.isWrong)
    }

    private mutating func problem(insteadOf document: TaskDocument) throws -> TaskDocument {
        var kept = try self.kept ?? KeptProblems(stream, count: count, isLeftOut: isLeftOut, onDocument: onDocument)
        defer { self.kept = kept }
        return kept.problem(insteadOf: document)
    }

    private var isReplaced: Bool {
        var random = TaskRandom(seed: stream.seed &+ 1, index: ~place)
        return random.chance(tracesShare)
    }
}
