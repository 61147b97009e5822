/// Jittered exponential back-off, as a pure function.
package struct RetryPolicy: Sendable, Hashable {
    /// Rest of a server after its first failure, before the jitter shortens it; doubled with each further failure in a row. Above 0.
    package var firstDelay: Duration
    /// Longest rest that the doubling reaches; a server's own Retry-After may ask for more. At least `firstDelay`.
    package var maxDelay: Duration
    /// Answers 500, 502, 504 that one call bears, over all servers: one more ends it. (429, 503 and a server that is away are
    /// waited for.)
    package var maxServerErrors: Int

    /// Longest Retry-After that is obeyed. A longer one is cut to it: no server may send a trainer to sleep for a week.
    package var maxRetryAfter: Duration

    /// Takes `firstDelay` above 0, `maxDelay` no shorter and `maxServerErrors` of at least 0; anything else is a programmer's mistake
    /// and stops the program.
    package init(
        firstDelay: Duration = .milliseconds(250), maxDelay: Duration = .seconds(30), maxServerErrors: Int = 3,
        maxRetryAfter: Duration = .seconds(300)
    ) {
        precondition(firstDelay > .zero && maxDelay >= firstDelay && maxServerErrors >= 0)
        self.firstDelay = firstDelay
        self.maxDelay = maxDelay
        self.maxServerErrors = maxServerErrors
        self.maxRetryAfter = maxRetryAfter
    }

    /// Rest after a failure: firstDelay * 2^(failures - 1), at most maxDelay, shortened by up to a half so that clients which failed
    /// together do not come back together.
    ///
    /// - Parameters:
    ///   - failures: in a row, this one included.
    ///   - random: 0..<1.
    package func delay(failures: Int, random: Double) -> Duration {
        let doublings = min(max(failures, 1) - 1, 30)
        return min(firstDelay * (1 << doublings), maxDelay) * (1 - random / 2)
    }
}
