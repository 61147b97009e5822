/// What happens to the matches of a pattern that splits a text.
enum SplitBehavior: String, Sendable, CaseIterable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
}

/// A run of bytes of the text: a word to be, or an added token already found.
struct Piece {
    var start: Int
    var end: Int
    /// The id of the added token it is; -1 for text.
    var token: Int32 = -1

    var isText: Bool { token < 0 }
}

/// Collects the matches of one text and the gaps between them, in order, and joins or drops them as a `SplitBehavior`
/// says. Pieces are appended to `output`; empty ones never.
struct PieceJoiner {
    let behavior: SplitBehavior
    /// Matches and gaps trade places.
    let isInverted: Bool

    private var start: Int
    private var gapStart: Int
    private var wasMatch = false
    private var pending: Piece?

    /// `start` is where the text starts in the whole.
    init(_ behavior: SplitBehavior, isInverted: Bool, start: Int) {
        self.behavior = behavior
        self.isInverted = isInverted
        self.start = start
        gapStart = start
    }

    /// Bounds relative to the start of the text.
    @inline(__always)
    mutating func addMatch(_ from: Int, _ to: Int, _ output: inout [Piece]) {
        if gapStart < start + from { add(gapStart, start + from, isMatch: isInverted, &output) }
        add(start + from, start + to, isMatch: !isInverted, &output)
        gapStart = start + to
    }

    mutating func finish(count: Int, _ output: inout [Piece]) {
        if gapStart < start + count { add(gapStart, start + count, isMatch: isInverted, &output) }
        if let pending { emit(pending, &output) }
        pending = nil
    }

    private func emit(_ piece: Piece, _ output: inout [Piece]) {
        if piece.start < piece.end { output.append(piece) }
    }

    @inline(__always)
    private mutating func add(_ from: Int, _ to: Int, isMatch: Bool, _ output: inout [Piece]) {
        switch behavior {
        case .isolated:
            emit(Piece(start: from, end: to), &output)
        case .removed:
            if !isMatch { emit(Piece(start: from, end: to), &output) }
        case .contiguous, .mergedWithPrevious, .mergedWithNext:
            join(Piece(start: from, end: to), isMatch: isMatch, &output)
        }
        wasMatch = isMatch
    }

    private mutating func join(_ piece: Piece, isMatch: Bool, _ output: inout [Piece]) {
        let joins =
            switch behavior {
            case .contiguous: isMatch == wasMatch
            case .mergedWithPrevious: isMatch && !wasMatch
            default: wasMatch && !isMatch
            }
        if joins, pending != nil {
            pending?.end = piece.end
        } else {
            if let pending { emit(pending, &output) }
            pending = piece
        }
    }
}
