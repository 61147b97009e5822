import Dispatch
import Foundation
import HTTPClient
import Sequences
import System

/// The running part of a remote engine: jobs, the URLs that they run at, and the thread that reads answers.
///
/// The lock guards moves of values; nothing is sent, read or told under it.
final class EngineCore: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Finish = @Sendable (Result<TokenScores, EngineFault>) -> Void

    /// Most failed requests that one segment bears before it is given up: it may be what makes them fail.
    private static let mostAttempts = 6

    struct Running {
        let job: EngineJob
        let then: Finish
        /// Nil where nobody wants to know.
        let vouched: UnvouchedScores.Call?
        /// Of the URL when it was asked.
        var generation = 0
        /// Requests that failed; those that were refused for a full queue do not count.
        var failures = 0
        var tries = 0
        var replica: Int?
        var transfer: HTTPTransfer?
        var began = Instant.now

        var tokens: Int { job.tokenIDs.count }
    }

    struct State {
        var replicas: ReplicaSet
        /// By URL.
        var unvouched: [UnvouchedScores]
        /// Answers that are being handed over, to be vouched for then.
        var handedOver = 0
        var jobs: [Int: Running] = [:]
        /// Jobs that wait for a URL to have room, the first first.
        var held: [Int] = []
        var claimed = 0
        var fault: EngineFault?
        var onChange: @Sendable () -> Void = {}
        var usesFastPath: Bool
        var isStopped = false
    }

    /// A request that is to be sent.
    private struct Start {
        let id: Int
        let attempt: Int
        let replica: Int
        let server: ServerAddress
        let job: EngineJob
        let isFast: Bool
        let isRetry: Bool
    }

    private struct Reply: Sendable {
        let id: Int
        let attempt: Int
        let replica: Int
        let isFast: Bool
        let result: Result<HTTPReply, TransferError>
    }

    let settings: EngineSettings
    let kind: EngineKind
    let transfers: HTTPTransfers
    private let modelName = Locked("")
    let state: Locked<State>
    private let replies = Locked<[Reply]>([])
    private let work = DispatchSemaphore(value: 0)
    let onEvent: @Sendable (EngineAddress, EngineEvent) -> Void

    /// Threads run from here on until `stop`; no URL is asked before it was checked.
    ///
    /// - Throws: `SystemError` where there is no thread.
    init(
        _ settings: EngineSettings, retry: RetryPolicy,
        onEvent: @escaping @Sendable (EngineAddress, EngineEvent) -> Void
    ) throws(SystemError) {
        self.settings = settings
        kind = settings.addresses[0].kind
        self.onEvent = onEvent
        transfers = HTTPTransfers(
            HTTPClientConfiguration(
                apiKey: settings.apiKey, caFile: settings.caFile,
                maxTransfers: settings.addresses.count * (settings.maxInFlight + 2)))
        state = Locked(
            State(
                replicas: ReplicaSet(settings, retry: retry, at: .now),
                unvouched: settings.addresses.map { _ in UnvouchedScores() }, usesFastPath: false))
        try DetachedThread.start("remit-replies", stackBytes: 8 << 20) { [self] in serve() }
    }

    /// The model's name at the engine, once it is known.
    var model: String {
        get { modelName.withLock { $0 } }
        set { modelName.withLock { $0 = newValue } }
    }

    // MARK: - For who has segments

    var fault: EngineFault? { state.withLock { $0.fault } }

    func claim() -> Bool {
        state.withLock { state in
            guard state.fault == nil, state.replicas.room(at: .now) > state.claimed + state.held.count else {
                return false
            }
            state.claimed += 1
            return true
        }
    }

    func start(
        _ job: EngineJob, isClaimed: Bool, then: @escaping Finish, vouched: UnvouchedScores.Call? = nil
    ) {
        let isTaken = state.withLock { state in
            if isClaimed { state.claimed -= 1 }
            guard state.fault == nil, !state.isStopped else { return false }
            state.jobs[job.id] = Running(job: job, then: then, vouched: vouched)
            state.held.append(job.id)
            return true
        }
        guard isTaken else {
            return then(
                .failure(fault ?? .unreachable(engine: kind.rawValue, reason: "it is closed", retryAfter: .seconds(1))))
        }
        pump()
    }

    func abort(_ id: Int) {
        let (aborted, address) = state.withLock { state -> (Running?, EngineAddress?) in
            guard let running = state.jobs.removeValue(forKey: id) else { return (nil, nil) }
            state.held.removeAll { $0 == id }
            guard let replica = running.replica else { return (nil, nil) }
            state.replicas.replicas[replica].ended(tokens: running.tokens)
            return (running, state.replicas.replicas[replica].address)
        }
        guard let aborted, let address else { return }
        aborted.transfer?.cancel()
        onEvent(address, .request(.aborted, tokens: aborted.tokens, duration: .now - aborted.began, reason: nil))
        pump()
    }

    func onChange(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.onChange = call } }

    /// Fails all that runs and ends the threads.
    func stop() {
        let ended = state.withLock { state in
            state.isStopped = true
            defer { (state.jobs, state.held) = ([:], []) }
            return Array(state.jobs.values)
        }
        for running in ended {
            running.transfer?.cancel()
            running.then(.failure(.unreachable(engine: kind.rawValue, reason: "it is closed", retryAfter: .seconds(1))))
        }
        work.signal()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    // MARK: - For the checks

    /// Notes what a look at a URL found. Returns how many answers of it are given up.
    ///
    /// - Parameter givesUp: whether it is another than it was when it was looked at last.
    @discardableResult
    func checked(_ replica: Int, _ phase: Replica.Phase, givesUp: Bool) -> Int {
        // At once: what it is asked after this is not asked of the one that it was.
        let calls = state.withLock { state in
            state.replicas.replicas[replica].checked(phase, at: .now)
            return givesUp ? state.unvouched[replica].giveUp() : []
        }
        for call in calls { call(false) }
        settleFault()
        pump()
        return calls.count
    }

    var statuses: [ReplicaStatus] {
        state.withLock { state in
            state.replicas.replicas.map {
                ReplicaStatus(
                    address: $0.address, window: $0.window.requests, running: $0.running, isUp: $0.phase == .up)
            }
        }
    }

    /// Whether vLLM's teacher scoring is asked: until a URL that lacks it is met.
    var usesFastPath: Bool {
        get { state.withLock { $0.usesFastPath } }
        set { state.withLock { $0.usesFastPath = newValue } }
    }

    func phase(_ replica: Int) -> Replica.Phase { state.withLock { $0.replicas.replicas[replica].phase } }
    func isDue(_ replica: Int) -> Bool { state.withLock { $0.replicas.replicas[replica].isDue(at: .now) } }

    func mustBeChecked(_ replica: Int) {
        state.withLock { $0.replicas.replicas[replica].mustBeChecked(at: .now) }
    }

    /// How a segment is asked for, and how its answer is read.
    func contract(topK: Int, isFast: Bool) -> any EngineContract {
        switch kind {
        case .sglang: SGLangGenerate()
        case .vllm: isFast && topK == 0 ? VLLMTeacherScoring() : VLLMCompletions()
        }
    }

    // MARK: - Sending

    /// Sends what waits, as far as there is room, and lets those who have more look.
    private func pump() {
        let (starts, call) = state.withLock { state in
            var starts: [Start] = []
            let now = Instant.now
            while let id = state.held.first, let replica = state.replicas.next(at: now) {
                state.held.removeFirst()
                if let start = begin(id, at: replica, &state, now) { starts.append(start) }
            }
            return (starts, state.onChange)
        }
        starts.forEach(send)
        call()
        work.signal()
    }

    private func begin(_ id: Int, at replica: Int, _ state: inout State, _ now: Instant) -> Start? {
        guard var running = state.jobs[id] else { return nil }
        running.tries += 1
        (running.replica, running.transfer, running.began) = (replica, nil, now)
        running.generation = state.unvouched[replica].generation
        state.jobs[id] = running
        state.replicas.began(replica, tokens: running.tokens)
        let isFast = state.usesFastPath && running.job.detail.topK == 0 && running.tokens > 1
        return Start(
            id: id, attempt: running.tries, replica: replica, server: state.replicas.replicas[replica].address.server,
            job: running.job, isFast: isFast, isRetry: running.tries > 1)
    }

    private func send(_ start: Start) {
        if start.isRetry { onEvent(settings.addresses[start.replica], .retry) }
        let call = contract(topK: start.job.detail.topK, isFast: start.isFast).call(
            start.job.tokenIDs, topK: start.job.detail.topK, model: model)
        let transfer = transfers.start(call, at: start.server, timeout: settings.timeout) { [weak self] result in
            // The thread of all transfers only passes it on.
            guard let self else { return }
            let reply = Reply(
                id: start.id, attempt: start.attempt, replica: start.replica, isFast: start.isFast, result: result)
            replies.withLock { $0.append(reply) }
            work.signal()
        }
        let isWanted = state.withLock { state in
            guard state.jobs[start.id]?.tries == start.attempt, state.jobs[start.id]?.replica == start.replica else {
                return false
            }
            state.jobs[start.id]?.transfer = transfer
            return true
        }
        if !isWanted { transfer.cancel() }
    }

    // MARK: - The thread that reads answers

    private func serve() {
        while true {
            let restEnds = state.withLock { state in
                state.replicas.restEnds(after: .now)
            }
            let pause = restEnds.map { max(($0 - .now) / .seconds(1), 0.001) } ?? 1
            let outcome = work.wait(timeout: .now() + pause)
            let arrived = replies.withLock { replies in
                defer { replies = [] }
                return replies
            }
            arrived.forEach(settle)
            // Not by who stops it, who may hold a lock of theirs.
            if isStopped { return giveUpAll() }
            // A rest may be over: nobody says so.
            if outcome == .timedOut { pump() }
        }
    }

    private func settle(_ reply: Reply) {
        guard let running = state.withLock({ $0.jobs[reply.id] }), running.tries == reply.attempt,
            running.replica == reply.replica
        else { return }
        let verdict = ReplyVerdict(
            reply.result, to: running.job, by: contract(topK: running.job.detail.topK, isFast: reply.isFast),
            from: settings.addresses[reply.replica], isFast: reply.isFast)
        note(verdict, reply, running)
        switch verdict {
        // It was asked before it turned out to be another.
        case .scores where running.generation != generation(reply.replica): again(reply) { _ in }
        case .scores(let scores): finish(reply, .success(scores)) { $0.answered(wasFull: $1) }
        case .wrong(let reason):
            finish(reply, .failure(.wrongAnswer(engine: engine(reply), reason: reason))) { _, _ in }
        case .unable(let reason):
            finish(reply, .failure(.unable(engine: engine(reply), reason: reason))) { _, _ in }
        case .busy(let retryAfter):
            again(reply) { $0.refused(began: running.began, retryAfter: retryAfter, at: .now) }
        case .withoutFastPath:
            usesFastPath = false
            again(reply) { _ in }
        case .failed(let reason): fail(reply, running, reason) { $0.failed(at: .now) }
        case .serverError(let reason): fail(reply, running, reason) { $0.troubled(at: .now) }
        }
    }

    private func fail(_ reply: Reply, _ running: Running, _ reason: String, _ change: (inout Replica) -> Void) {
        guard running.failures + 1 < Self.mostAttempts else {
            let fault = EngineFault.unreachable(engine: engine(reply), reason: reason, retryAfter: .seconds(5))
            return finish(reply, .failure(fault)) { replica, _ in change(&replica) }
        }
        again(reply, isFailure: true, change)
    }

    private func engine(_ reply: Reply) -> String { "\(settings.addresses[reply.replica])" }

    private func note(_ verdict: ReplyVerdict, _ reply: Reply, _ running: Running) {
        guard let outcome = verdict.outcome else { return }
        onEvent(
            settings.addresses[reply.replica],
            .request(outcome, tokens: running.tokens, duration: .now - running.began, reason: verdict.reason))
    }

    /// Takes the job out and tells its result.
    private func finish(
        _ reply: Reply, _ result: Result<TokenScores, EngineFault>,
        _ change: (inout Replica, _ wasFull: Bool) -> Void
    ) {
        let running = state.withLock { state -> Running? in
            guard let running = state.jobs[reply.id], running.tries == reply.attempt else { return nil }
            state.jobs[reply.id] = nil
            let isFull = state.replicas.replicas[reply.replica].room(at: .now) == 0
            state.replicas.replicas[reply.replica].ended(tokens: running.tokens)
            change(&state.replicas.replicas[reply.replica], isFull)
            if case .success = result { note(running, at: reply.replica, &state) }
            return running
        }
        running?.then(result)
        if let running, case .success = result { toBeVouchedFor(running, reply.replica) }
        settleFault()
        pump()
    }

    /// Puts the job back, before all others that wait.
    private func again(_ reply: Reply, isFailure: Bool = false, _ change: (inout Replica) -> Void) {
        state.withLock { state in
            guard let running = state.jobs[reply.id], running.tries == reply.attempt else { return }
            state.jobs[reply.id]?.replica = nil
            if isFailure { state.jobs[reply.id]?.failures += 1 }
            state.replicas.replicas[reply.replica].ended(tokens: running.tokens)
            change(&state.replicas.replicas[reply.replica])
            state.held.insert(reply.id, at: 0)
        }
        settleFault()
        pump()
    }

    /// Where no URL can be asked any more, all that wait for one fail.
    private func settleFault() {
        let (ended, fault) = state.withLock { state -> ([Running], EngineFault?) in
            state.fault = state.replicas.fault
            guard let fault = state.fault else { return ([], nil) }
            let ended = state.held.compactMap { state.jobs.removeValue(forKey: $0) }
            state.held = []
            return (ended, fault)
        }
        if let fault { for running in ended { running.then(.failure(fault)) } }
    }
}
