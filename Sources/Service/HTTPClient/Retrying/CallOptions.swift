import System

/// Patience of one call that is repeated until it is answered: one that changes nothing on a server.
package struct CallOptions: Sendable {
    /// Time for one attempt, from connecting to the last byte. Size it by the work: a large batch on a slow teacher takes minutes.
    package var timeout: Duration
    /// Instant after which no attempt begins, and which none outlasts. nil: try for ever.
    package var deadline: ContinuousClock.Instant?
    /// Time for which the call goes on while no server answers at all; a server that is busy (429) answers, and so does one that is silent
    /// on this call and answers the caller's probe. Zero: each is asked once and nothing is waited for. nil: for ever.
    package var patience: Duration?
    /// Flag that ends the call from another thread; it throws `CallError.cancelled` then. nil: nothing ends it early.
    package var cancellation: StopFlag?
    /// Called before each wait, on the caller's thread.
    package var onWait: (@Sendable (ServerWait) -> Void)?
    /// Called where one of several servers has not what was asked for, and the others are asked instead; with what it said.
    package var onUnsuited: (@Sendable (any Error) -> Void)?

    package init(
        timeout: Duration = .seconds(60), deadline: ContinuousClock.Instant? = nil,
        patience: Duration? = nil, cancellation: StopFlag? = nil,
        onWait: (@Sendable (ServerWait) -> Void)? = nil,
        onUnsuited: (@Sendable (any Error) -> Void)? = nil
    ) {
        self.timeout = timeout
        self.deadline = deadline
        self.patience = patience
        self.cancellation = cancellation
        self.onWait = onWait
        self.onUnsuited = onUnsuited
    }
}

/// A reason why a call waits, for a line such as "teacher away (connection refused), retrying in 3 s".
package struct ServerWait: Sendable, Equatable {
    /// Address of the server that failed last; of the one that is next in turn where none has failed in this call.
    package let server: String
    /// What that failure said.
    package let reason: String
    /// Time until the call goes on, cut where its patience ends sooner.
    package let delay: Duration
}
