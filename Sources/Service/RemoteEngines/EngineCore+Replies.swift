import Dispatch
import HTTPClient
import Sequences
import System

/// What came back of a request.
struct EngineReply: Sendable {
    let id: Int
    let attempt: Int
    let replica: Int
    let isFast: Bool
    let result: Result<HTTPReply, TransferError>
}

/// The thread that reads what the URLs answered, and what becomes of each job then.
extension EngineCore {
    /// Most failed requests that one segment bears before it is given up: it may be what makes them fail.
    private static let mostAttempts = 6

    func serve() {
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

    private func settle(_ reply: EngineReply) {
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

    private func fail(_ reply: EngineReply, _ running: RunningJob, _ reason: String, _ change: (inout Replica) -> Void)
    {
        guard running.failures + 1 < Self.mostAttempts else {
            let fault = EngineFault.unreachable(engine: engine(reply), reason: reason, retryAfter: .seconds(5))
            return finish(reply, .failure(fault)) { replica, _ in change(&replica) }
        }
        again(reply, isFailure: true, change)
    }

    private func engine(_ reply: EngineReply) -> String { "\(settings.addresses[reply.replica])" }

    private func note(_ verdict: ReplyVerdict, _ reply: EngineReply, _ running: RunningJob) {
        guard let outcome = verdict.outcome else { return }
        onEvent(
            settings.addresses[reply.replica],
            .request(outcome, tokens: running.tokens, duration: .now - running.began, reason: verdict.reason))
    }

    /// Takes the job out and tells its result.
    private func finish(
        _ reply: EngineReply, _ result: Result<TokenScores, EngineFault>,
        _ change: (inout Replica, _ wasFull: Bool) -> Void
    ) {
        let running = state.withLock { state -> RunningJob? in
            guard let running = state.jobs[reply.id], running.tries == reply.attempt else { return nil }
            state.jobs[reply.id] = nil
            let isFull = state.replicas.replicas[reply.replica].room(at: .now) == 0
            state.replicas.replicas[reply.replica].ended(tokens: running.tokens)
            change(&state.replicas.replicas[reply.replica], isFull)
            if case .success = result { state.note(running, at: reply.replica) }
            return running
        }
        running?.then(result)
        if let running, case .success = result { toBeVouchedFor(running, reply.replica) }
        settleFault()
        pump()
    }

    /// Puts the job back, before all others that wait.
    private func again(_ reply: EngineReply, isFailure: Bool = false, _ change: (inout Replica) -> Void) {
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
    func settleFault() {
        let (ended, fault) = state.withLock { state -> ([RunningJob], EngineFault?) in
            state.fault = state.replicas.fault
            guard let fault = state.fault else { return ([], nil) }
            let ended = state.held.compactMap { state.jobs.removeValue(forKey: $0) }
            state.held = []
            return (ended, fault)
        }
        if let fault { for running in ended { running.then(.failure(fault)) } }
    }
}
