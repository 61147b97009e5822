import HTTPClient

/// One URL of an engine: what is known of it, and what runs there. Pure.
struct Replica {
    typealias Instant = ContinuousClock.Instant

    /// Whether it may be asked.
    enum Phase: Equatable {
        /// It has not been looked at since it was named, failed, or was started anew.
        case unchecked(since: Instant)
        case up
        /// Nothing answers there.
        case down(reason: String)
        /// It is not what it was.
        case changed(reason: String)
    }

    let address: EngineAddress
    private(set) var phase: Phase
    private(set) var window: FlowWindow
    private(set) var running = 0
    private(set) var runningTokens = 0
    /// When it was asked last, counted in requests to all URLs; 0 for never.
    private(set) var lastTurn = 0
    /// It is left alone until then: it has too much to do, or nothing answered.
    private(set) var restsUntil: Instant
    /// In a row, without an answer between.
    private(set) var failures = 0
    private var refusals = 0
    private var troubles = 0
    private let retry: RetryPolicy

    init(_ address: EngineAddress, maxInFlight: Int, retry: RetryPolicy, at now: Instant) {
        self.address = address
        self.retry = retry
        window = FlowWindow(largest: maxInFlight)
        phase = .unchecked(since: now)
        restsUntil = now
    }

    /// Requests that may begin now.
    func room(at now: Instant) -> Int {
        phase == .up && restsUntil <= now ? max(window.requests - running, 0) : 0
    }

    /// Whether a look at it is due, of one that is not up.
    func isDue(at now: Instant) -> Bool { phase != .up && restsUntil <= now }

    /// Whether it is known to be away or another: not merely yet to be looked at.
    var isLost: Bool {
        switch phase {
        case .up: false
        case .unchecked: failures >= 4
        case .down, .changed: true
        }
    }

    /// Whether a look tells soon what becomes of its answers: not of one that is away or another.
    var isToBeLookedAt: Bool {
        switch phase {
        case .up, .unchecked: true
        case .down, .changed: false
        }
    }

    mutating func began(tokens: Int, turn: Int) {
        lastTurn = turn
        running += 1
        runningTokens += tokens
    }

    mutating func ended(tokens: Int) {
        running -= 1
        runningTokens -= tokens
    }

    mutating func answered(wasFull: Bool) {
        window.answered(wasFull: wasFull)
        (failures, refusals, troubles) = (0, 0, 0)
    }

    /// It has too many requests. While others of its own run, their end makes room; else only time does.
    mutating func refused(began: Instant, retryAfter: Duration?, at now: Instant) {
        window.refused(began: began, at: now)
        refusals += 1
        guard running == 0 || retryAfter != nil else { return }
        let rest = retry.delay(failures: min(refusals, 4), random: .random(in: 0..<1))
        restsUntil = now + max(rest / 4, min(retryAfter ?? .zero, retry.maxRetryAfter))
    }

    /// A request to it failed: it is looked at before it is asked again, soon the first time.
    mutating func failed(at now: Instant) {
        // Those that were under way together fail together: once.
        guard phase == .up else { return }
        failures += 1
        phase = .unchecked(since: now)
        restsUntil = now + (failures > 1 ? retry.delay(failures: failures - 1, random: .random(in: 0..<1)) : .zero)
    }

    /// It told of a failure of its own: it is left alone for a while, longer each time.
    mutating func troubled(at now: Instant) {
        guard restsUntil <= now else { return }
        troubles += 1
        restsUntil = now + retry.delay(failures: min(troubles, 6), random: .random(in: 0..<1))
    }

    /// It is to be looked at, without a failure.
    mutating func mustBeChecked(at now: Instant) {
        if phase == .up { phase = .unchecked(since: now) }
    }

    /// A look at it ended.
    mutating func checked(_ result: Phase, at now: Instant) {
        phase = result
        guard result != .up else { return restsUntil = now }
        failures += 1
        restsUntil = now + retry.delay(failures: failures, random: .random(in: 0..<1))
    }
}
