import System

/// All that one encoding writes to: scratch arrays and the cache of words. One thread at a time uses it.
struct EncoderState {
    let pattern: PatternScratch
    var cache = WordCache()
    var merge = MergeScratch()
    var pieces: [Piece] = []
    var spare: [Piece] = []

    init() throws {
        pattern = try PatternScratch()
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

    /// Lends a state to `body`.
    func withState<Result>(_ body: (inout EncoderState) throws -> Result) throws -> Result {
        let box = try idle.withLock { $0.popLast() } ?? Box(EncoderState())
        defer {
            idle.withLock { if $0.count < Self.limit { $0.append(box) } }
        }
        return try body(&box.state)
    }
}
