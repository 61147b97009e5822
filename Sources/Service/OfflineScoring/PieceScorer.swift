import Sequences

/// Pieces that are scored on their own, gathered until a forward is full, and scored together. A caller knows a piece by its place.
struct PieceScorer<Place> {
    private let empty: BatchRoom
    private var room: BatchRoom
    private var pieces: [(place: Place, tokenIDs: [Int32])] = []

    /// A piece with its log-probs, NaN at the first.
    typealias Scored = (place: Place, tokenIDs: [Int32], logProbs: [Float])

    /// Nothing is gathered yet.
    ///
    /// - Parameters:
    ///   - maxBatchTokens: what the pieces of one forward cost at most, as `BatchRoom` counts; a longer piece is a forward of its own.
    ///   - sharesPrefixes: whether the engine does.
    init(maxBatchTokens: Int, sharesPrefixes: Bool) {
        empty = BatchRoom(maxBatchTokens, sharesPrefixes: sharesPrefixes)
        room = empty
    }

    /// Whether nothing waits to be scored.
    var isEmpty: Bool { pieces.isEmpty }

    /// Whether a piece goes through one forward with those that wait.
    func fits(_ tokenIDs: [Int32]) -> Bool { room.fits(tokenIDs) }

    /// Adds a piece to those that wait.
    mutating func take(_ tokenIDs: [Int32], at place: Place) {
        pieces.append((place, tokenIDs))
        room.take(tokenIDs)
    }

    /// Scores the pieces that wait, in their order; none waits then.
    ///
    /// - Parameters:
    ///   - name: what a piece is called in an error.
    ///   - logProbs: log-probs of each of the pieces given.
    /// - Throws: `OfflineScoringError.wrongAnswer`, `.impossible`; what `logProbs` throws.
    mutating func score(
        named name: (Place) -> String, by logProbs: ([[Int32]]) throws -> [[Float]]
    ) throws -> [Scored] {
        let answers = try logProbs(pieces.map(\.tokenIDs))
        let scored = try pieces.enumerated().map { index, piece in
            let found = index < answers.count ? answers[index] : []
            guard found.count == piece.tokenIDs.count else {
                throw OfflineScoringError.wrongAnswer(
                    place: name(piece.place), expected: piece.tokenIDs.count, got: found.count)
            }
            if let fault = LogProbFault(ofSegment: found[...]) {
                throw OfflineScoringError.impossible(place: name(piece.place), fault)
            }
            return (piece.place, piece.tokenIDs, found)
        }
        (pieces, room) = ([], empty)
        return scored
    }
}

extension TeacherEngine {
    /// Log-probs of segments from one forward, NaN at each one's first token; too few where the engine gives too few.
    func logProbs(ofSegments segments: [[Int32]]) throws -> [[Float]] {
        var rest = try scores(PackedBatch(segments: segments), topK: 0).logProbs[...]
        return segments.map { segment in
            defer { rest = rest.dropFirst(segment.count) }
            return Array(rest.prefix(segment.count))
        }
    }
}
