/// A pure state that says which server to ask next, and when.
///
/// The one that answered last is asked again (its cache and its connection are warm), or, where the calls are spread, the next in turn;
/// one that failed rests for its own back-off, or for as long as it said, while the others are asked.
package struct ServerRotation {
    /// Point in time by the clock of all waits, which no change of the wall clock moves.
    package typealias Instant = ContinuousClock.Instant

    private struct Server {
        var failures = 0
        var lastFailure: Instant?
        var restsUntil: Instant?
    }

    private let policy: RetryPolicy
    private let spreads: Bool
    private var servers: [Server]
    private var preferred = 0

    /// A rotation of `count` servers, none of which has failed; the first is asked first.
    ///
    /// - Parameter spreads: whether each call goes to the next server, not to the one that answered last.
    package init(count: Int, policy: RetryPolicy, spreads: Bool = false) {
        servers = Array(repeating: Server(), count: count)
        self.policy = policy
        self.spreads = spreads
    }

    /// The server to ask, and until when to wait before (nil: not at all).
    package func next(at now: Instant) -> (index: Int, wait: Instant?) {
        let order = servers.indices.map { (preferred + $0) % servers.count }
        let rest = { (index: Int) in servers[index].restsUntil ?? now }
        let first = order.first { rest($0) <= now } ?? order.min { rest($0) < rest($1) } ?? preferred
        return (first, rest(first) > now ? rest(first) : nil)
    }

    /// Notes that a call goes to a server: where calls are spread, the next one goes elsewhere.
    package mutating func began(_ index: Int) {
        if spreads { preferred = (index + 1) % servers.count }
    }

    /// Another server that does not rest, the next one in turn; nil where there is none.
    package func other(than index: Int, at now: Instant) -> Int? {
        (1..<max(1, servers.count)).map { (index + $0) % servers.count }.first { servers[$0].restsUntil ?? now <= now }
    }

    /// Forgets the server's failures and makes it the one to ask next, unless calls are spread.
    package mutating func succeeded(_ index: Int) {
        servers[index] = Server()
        if !spreads { preferred = index }
    }

    /// Counts a failure and lets the server rest: for its back-off, or for `retryAfter` where that is longer. The preferred server
    /// loses its place to the next.
    ///
    /// - Parameters:
    ///   - began: when the attempt began. Several threads that find the same server away at once are one failure.
    ///   - retryAfter: for how long the server asked to be left alone; cut to `RetryPolicy.maxRetryAfter`.
    ///   - random: 0..<1, for the back-off's jitter.
    package mutating func failed(_ index: Int, began: Instant, at now: Instant, retryAfter: Duration?, random: Double) {
        let retryAfter = retryAfter.map { min($0, policy.maxRetryAfter) }
        if let last = servers[index].lastFailure, began < last {
            if let retryAfter { servers[index].restsUntil = max(servers[index].restsUntil ?? now, now + retryAfter) }
            return
        }
        servers[index].failures += 1
        servers[index].lastFailure = now
        let backOff = policy.delay(failures: servers[index].failures, random: random)
        servers[index].restsUntil = now + max(backOff, retryAfter ?? .zero)
        if index == preferred { preferred = (preferred + 1) % servers.count }
    }
}
