import System

/// All that one encoding writes to: scratch arrays and the cache of words. One thread at a time uses it.
struct EncoderState {
    /// Bytes that the scratch arrays may keep together.
    private static let mostScratchBytes = 512 << 10
    /// Bytes of a text that a pattern's stack may have grown with.
    private static let longText = 16 << 10

    private(set) var pattern: PatternScratch
    var cache = WordCache()
    var merge = MergeScratch()
    var pieces: [Piece] = []
    var spare: [Piece] = []

    init() throws {
        pattern = try PatternScratch()
    }

    /// Bytes that stay between texts, but for the pattern's stack.
    var keptBytes: Int { scratchBytes + cache.keptBytes }

    private var scratchBytes: Int {
        merge.keptBytes + (pieces.capacity + spare.capacity) * MemoryLayout<Piece>.stride
    }

    /// Gives back what only a long text needs.
    mutating func shrink(after textBytes: Int) throws {
        if scratchBytes > Self.mostScratchBytes { (merge, pieces, spare) = (MergeScratch(), [], []) }
        if textBytes > Self.longText { pattern = try PatternScratch() }
    }
}

/// States that wait for the next text, so that caches stay warm: as many as threads ever encoded at once, up to a limit.
final class EncoderStatePool: Sendable {
    private static let limit = 64

    private final class Box: @unchecked Sendable {
        // Proof: a box is in the pool or with the one thread that took it out, never both.
        var state: EncoderState

        init(_ state: EncoderState) { self.state = state }
    }

    private let idle = Locked<[Box]>([])

    /// Bytes that the idle states keep.
    var keptBytes: Int { idle.withLock { $0.reduce(0) { $0 + $1.state.keptBytes } } }

    /// Lends a state to `body`, for a text of so many bytes.
    func withState<Result>(textBytes: Int, _ body: (inout EncoderState) throws -> Result) throws -> Result {
        let box = try idle.withLock { $0.popLast() } ?? Box(EncoderState())
        defer {
            // One that cannot be made small is not kept.
            if (try? box.state.shrink(after: textBytes)) != nil {
                idle.withLock { if $0.count < Self.limit { $0.append(box) } }
            }
        }
        return try body(&box.state)
    }
}
