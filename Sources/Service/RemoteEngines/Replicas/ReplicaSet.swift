import HTTPClient
import Sequences

/// The URLs of an engine: which is asked next, and whether any can be. Pure.
struct ReplicaSet {
    typealias Instant = ContinuousClock.Instant

    let kind: EngineKind
    var replicas: [Replica]
    /// Requests that began, at all URLs.
    private var turns = 0

    init(_ settings: EngineSettings, retry: RetryPolicy, at now: Instant) {
        kind = settings.addresses[0].kind
        replicas = settings.addresses.map {
            Replica($0, maxInFlight: settings.maxInFlight, retry: retry, at: now)
        }
    }

    /// Requests that may begin now, at all URLs.
    func room(at now: Instant) -> Int { replicas.reduce(0) { $0 + $1.room(at: now) } }

    /// The URL with the fewest outstanding tokens of those that have room; of equal ones, as when all are idle, the one that was asked
    /// the longest ago. nil where none has room.
    func next(at now: Instant) -> Int? {
        replicas.indices.filter { replicas[$0].room(at: now) > 0 }.min {
            let (first, second) = (replicas[$0], replicas[$1])
            return (first.runningTokens, first.running, first.lastTurn)
                < (second.runningTokens, second.running, second.lastTurn)
        }
    }

    /// Notes that a request of so many tokens begins at a URL.
    mutating func began(_ index: Int, tokens: Int) {
        turns += 1
        replicas[index].began(tokens: tokens, turn: turns)
    }

    /// When a URL that rests may be asked again, the earliest; nil where none rests.
    func restEnds(after now: Instant) -> Instant? {
        replicas.filter { $0.phase == .up && $0.restsUntil > now }.map(\.restsUntil).min()
    }

    /// Why no URL can be asked; nil where one can, or may be able to after a look at it.
    var fault: EngineFault? {
        guard replicas.allSatisfy(\.isLost) else { return nil }
        for replica in replicas {
            if case .changed(let reason) = replica.phase {
                return .changed(engine: "\(replica.address)", reason: reason)
            }
        }
        let now = Instant.now
        let first = replicas.min { $0.restsUntil < $1.restsUntil } ?? replicas[0]
        var reason = "its requests fail"
        if case .down(let why) = first.phase { reason = why }
        return .unreachable(
            engine: "\(first.address)", reason: reason, retryAfter: max(first.restsUntil - now, .seconds(1)))
    }
}
