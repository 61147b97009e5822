import Dispatch
import Foundation
import HTTPClient
import Sequences
import System

/// The running part of a remote engine: what is asked of it here and by the checks, `EngineCore+Sending` sends, `EngineCore+Replies` reads.
///
/// The lock guards moves of values; nothing is sent, read or told under it.
final class EngineCore: Sendable {
    let settings: EngineSettings
    let kind: EngineKind
    let transfers: HTTPTransfers
    private let modelName = Locked("")
    let state: Locked<EngineState>
    let replies = Locked<[EngineReply]>([])
    /// Signalled where there are replies to read, or the thread that reads them has to look again.
    let work = DispatchSemaphore(value: 0)
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
            EngineState(
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
        _ job: EngineJob, isClaimed: Bool, then: @escaping RunningJob.Finish, vouched: UnvouchedScores.Call? = nil
    ) {
        let isTaken = state.withLock { state in
            if isClaimed { state.claimed -= 1 }
            guard state.fault == nil, !state.isStopped else { return false }
            state.jobs[job.id] = RunningJob(job: job, then: then, vouched: vouched)
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
        let (aborted, address) = state.withLock { state -> (RunningJob?, EngineAddress?) in
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
    func checked(_ replica: Int, _ phase: Replica.Phase, givesUp: Bool) -> Int {
        // At once: what it is asked after this is not asked of the one that it was.
        let calls = state.withLock { state in
            state.replicas.replicas[replica].checked(phase, at: .now)
            return givesUp ? state.giveUp(replica) : []
        }
        tell(calls, isSame: false)
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
}
