/// Why a request that is itself well formed was not scored.
package enum QueueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `retryAfter` is the time the work ahead will take at the measured rate.
    case full(requestTokens: Int, queuedTokens: Int, limit: Int, retryAfter: Duration)
    /// One segment alone is larger than the queue.
    case requestTooLarge(tokens: Int, limit: Int)
    /// The deadline passed first. What was computed by then is kept in the cache, so a retry picks it up.
    case deadlineExceeded(retryAfter: Duration)
    case clientGone
    case shutDown
    case tooManyOpenFiles
    case engineFailed(String)

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
        }
    }

    /// True where the request never entered the queue.
    package var isRefusal: Bool {
        switch self {
        case .full, .requestTooLarge, .shutDown, .tooManyOpenFiles: true
        case .deadlineExceeded, .clientGone, .engineFailed: false
        }
    }
}
