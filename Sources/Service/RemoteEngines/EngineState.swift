import HTTPClient
import Sequences
import System

/// What a remote engine's lock guards: its URLs, and the jobs that run at them. Pure.
struct EngineState {
    var replicas: ReplicaSet
    /// By URL.
    var unvouched: [UnvouchedScores]
    /// Answers that are being handed over, to be vouched for then.
    var handedOver = 0
    var jobs: [Int: RunningJob] = [:]
    /// Jobs that wait for a URL to have room, the first first.
    var held: [Int] = []
    var claimed = 0
    var fault: EngineFault?
    var onChange: @Sendable () -> Void = {}
    var usesFastPath: Bool
    var isStopped = false

    /// Puts a job at a URL; what is to be sent there, nil where nobody waits for it any more.
    mutating func begin(_ id: Int, at replica: Int, _ now: ContinuousClock.Instant) -> EngineRequest? {
        guard var running = jobs[id] else { return nil }
        running.tries += 1
        (running.replica, running.transfer, running.began) = (replica, nil, now)
        running.generation = unvouched[replica].generation
        jobs[id] = running
        replicas.began(replica, tokens: running.tokens)
        let isFast = usesFastPath && running.job.detail.topK == 0 && running.tokens > 1
        return EngineRequest(
            id: id, attempt: running.tries, replica: replica, server: replicas.replicas[replica].address.server,
            job: running.job, isFast: isFast, isRetry: running.tries > 1)
    }
}

/// A segment that is to be scored, from when it was taken until somebody has the scores.
struct RunningJob {
    typealias Finish = @Sendable (Result<TokenScores, EngineFault>) -> Void

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
    var began = ContinuousClock.now

    var tokens: Int { job.tokenIDs.count }
}
