import Dispatch
import HTTPClient
import Sequences
import System

/// A request that is to be sent.
struct EngineRequest {
    let id: Int
    let attempt: Int
    let replica: Int
    let server: ServerAddress
    let job: EngineJob
    let isFast: Bool
    let isRetry: Bool
}

/// Where a segment is asked for.
extension EngineCore {
    /// Sends what waits, as far as there is room, and lets those who have more look.
    func pump() {
        let (requests, call) = state.withLock { state in
            var requests: [EngineRequest] = []
            let now = ContinuousClock.now
            while let id = state.held.first, let replica = state.replicas.next(at: now) {
                state.held.removeFirst()
                if let request = state.begin(id, at: replica, now) { requests.append(request) }
            }
            return (requests, state.onChange)
        }
        requests.forEach(send)
        call()
        work.signal()
    }

    private func send(_ request: EngineRequest) {
        if request.isRetry { onEvent(settings.addresses[request.replica], .retry) }
        let call = contract(topK: request.job.detail.topK, isFast: request.isFast).call(
            request.job.tokenIDs, topK: request.job.detail.topK, model: model)
        let transfer = transfers.start(call, at: request.server, timeout: settings.timeout) { [weak self] result in
            // The thread of all transfers only passes it on.
            guard let self else { return }
            let reply = EngineReply(
                id: request.id, attempt: request.attempt, replica: request.replica, isFast: request.isFast,
                result: result)
            replies.withLock { $0.append(reply) }
            work.signal()
        }
        let isWanted = state.withLock { state in
            guard state.jobs[request.id]?.tries == request.attempt, state.jobs[request.id]?.replica == request.replica
            else {
                return false
            }
            state.jobs[request.id]?.transfer = transfer
            return true
        }
        if !isWanted { transfer.cancel() }
    }
}
