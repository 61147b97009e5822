/// What happened at a URL of an engine: for metrics and the log.
package enum EngineEvent: Sendable {
    /// How a request ended: `answered`, `busy` (503, 429), `failed` (no answer, 5xx), `refused` (4xx), `wrong`, `aborted`.
    package enum Outcome: String, CaseIterable, Sendable { case answered, busy, failed, refused, wrong, aborted }
    /// What a look at the canaries found.
    package enum Check: String, CaseIterable, Sendable { case same, changed, failed }

    /// A request ended, of a segment of so many tokens.
    case request(Outcome, tokens: Int, duration: Duration, reason: String?)
    /// A segment goes to this URL after another request for it failed or was refused.
    case retry
    /// The canaries were looked at.
    case check(Check, reason: String)
}

/// What is to be known of a URL now.
package struct ReplicaStatus: Sendable {
    /// The URL, and what it is.
    package var address: EngineAddress
    /// Requests that may run there at a time.
    package var window: Int
    /// Requests that run there.
    package var running: Int
    /// Whether it is asked.
    package var isUp: Bool
}
