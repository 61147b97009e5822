import Corpora
import ScoringAPI
import Sequences

/// Cuts a step's windows into requests that the server takes, and says how long one may last. Pure.
package struct RequestPlanner: Sendable {
    /// Beside the tensors: a safetensors header with options and fingerprints.
    private static let headerBytes = 4096
    /// Ids and student log-probs, 4 bytes each; the mask.
    private static let bytesPerToken = 9
    /// Where a window and a segment begin.
    private static let bytesPerStart = 8

    private static let leastTimeout = 60.0
    /// Other clients may wait in the server's queue before us.
    private static let timeoutFactor = 8.0
    /// Taken for a server that has measured nothing yet.
    private static let assumedTokensPerSecond = 100.0

    /// What the server takes, from its /info.
    package let limits: ServerLimits
    /// The rate that the server has measured; nil: none yet, and a slow one is assumed.
    package let tokensPerSecond: Double?

    package init(limits: ServerLimits, tokensPerSecond: Double?) {
        self.limits = limits
        self.tokensPerSecond = tokensPerSecond
    }

    /// The ranges of windows that go into one request each, in order, none of them empty. A window over a limit by itself is sent all
    /// the same: the server says which.
    ///
    /// - Parameters:
    ///   - detail: what is asked for beside log-probs: the server counts a token more than once then.
    ///   - parts: servers among which the tokens are divided, as equally as whole windows can be. 1 or more.
    package func requests(_ windows: [TrainingWindow], detail: ScoreDetail = .none, parts: Int = 1) -> [Range<Int>] {
        let total = windows.reduce(0) { $0 + $1.tokenCount }
        var ranges: [Range<Int>] = []
        var (before, part) = (0, 1)
        var start = 0
        var (tokens, bytes) = (0, Self.headerBytes)
        for (index, window) in windows.enumerated() {
            let windowBytes = Self.bytes(window)
            let fits =
                tokens + window.tokenCount <= min(limits.maxRequestTokens, limits.maxQueuedTokens / detail.costPerToken)
                && bytes + windowBytes <= limits.maxBodyBytes && index - start < limits.maxInputs
            let isShare = parts > 1 && before * parts >= part * total
            if isShare { part = before * parts / total + 1 }
            if !fits || isShare, index > start {
                ranges.append(start..<index)
                (start, tokens, bytes) = (index, 0, Self.headerBytes)
            }
            tokens += window.tokenCount
            before += window.tokenCount
            bytes += windowBytes
        }
        if start < windows.count { ranges.append(start..<windows.count) }
        return ranges
    }

    /// How long a request of so many tokens may last: a minute, and eight times what the server's rate would take, since other clients
    /// may wait in its queue.
    package func timeout(tokens: Int) -> Duration {
        let speed = max(tokensPerSecond ?? Self.assumedTokensPerSecond, 1)
        return .seconds(Self.leastTimeout + Self.timeoutFactor * Double(tokens) / speed)
    }

    private static func bytes(_ window: TrainingWindow) -> Int {
        bytesPerToken * window.tokenCount + bytesPerStart * (window.segments.count + 1)
    }
}
