import Digests
import Sequences

/// Why a request that is itself well formed was not scored.
package enum QueueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No room beside what waits and runs. `retryAfter` is the time the work ahead will take at the measured rate.
    case full(requestTokens: Int, queuedTokens: Int, limit: Int, retryAfter: Duration)
    /// One segment alone is larger than the queue.
    case requestTooLarge(tokens: Int, limit: Int)
    /// The deadline passed first. What was computed by then is kept in the cache, so a retry picks it up.
    case deadlineExceeded(retryAfter: Duration)
    /// The caller went away first; what it alone waited for is taken back.
    case clientGone
    /// The queue takes nothing more, or ended while the request waited.
    case shutDown
    /// No file descriptors are left for the pipe that a request waits with.
    case tooManyOpenFiles
    /// The engine threw, or gave what no model can: a wrong number of log-probs.
    case engineFailed(String)

    /// The engine gave a log-prob that no model can, at a position of a segment. `got` is its value, and what it must be.
    case impossibleLogProb(SegmentKey, position: Int, got: String)

    /// The engine computes elsewhere, and there is something wrong with it or its answer.
    case engine(EngineFault)

    package var description: String {
        switch self {
        case .full(let requestTokens, let queuedTokens, let limit, let retryAfter):
            "the queue holds \(queuedTokens) of \(limit) tokens, no room for \(requestTokens) more; retry in \(retryAfter)"
        case .requestTooLarge(let tokens, let limit):
            "a segment has \(tokens) tokens, the queue takes at most \(limit); send shorter documents"
        case .deadlineExceeded(let retryAfter):
            "the request's deadline passed before it was scored; what is done is kept, retry in \(retryAfter)"
        case .clientGone: "the client left before its request was scored"
        case .shutDown: "the scoring queue is shut down"
        case .tooManyOpenFiles: "the process has no file descriptor left to wait with"
        case .engineFailed(let reason): "the engine failed: \(reason)"
        case .impossibleLogProb(let key, let position, let got):
            "log-prob \(got) at position \(position) of segment \(key.segment.hex)"
        case .engine(let fault): fault.description
        }
    }

    /// Whether the request was turned away, so that a key's rate is not charged for it. One that a shutdown ends while it waits counts
    /// too.
    package var isRefusal: Bool {
        switch self {
        case .full, .requestTooLarge, .shutDown, .tooManyOpenFiles: true
        case .engine(.unreachable), .engine(.changed), .engine(.unable): true
        case .deadlineExceeded, .clientGone, .engineFailed, .impossibleLogProb, .engine(.wrongAnswer): false
        }
    }
}
