import Sequences
import System

/// Which answers are kept for ever: those behind which the canaries were what they should be.
extension EngineCore {
    /// How often what a URL had answered was given up.
    func generation(_ replica: Int) -> Int { state.withLock { $0.unvouched[replica].generation } }

    /// What waits for a look at a URL.
    func waiting(_ replica: Int) -> UnvouchedScores.Waiting { state.withLock { $0.unvouched[replica].waiting } }

    /// Whether answers wait for a look at a URL that can be looked at.
    var isUnsettled: Bool {
        state.withLock { state in
            state.handedOver > 0
                || zip(state.unvouched, state.replicas.replicas).contains {
                    ($0.waiting.areSome || $0.waiting.areUncounted) && $1.isToBeLookedAt
                }
        }
    }

    /// Whether answers that were not counted were given up since the last call, or nobody has vouched for them.
    func takeLoss() -> Bool {
        state.withLock { state in
            state.unvouched.indices.map { state.unvouched[$0].takeLoss() }.contains(true)
        }
    }

    /// Called once `then` has returned, so that whoever is told has the scores.
    func toBeVouchedFor(_ running: RunningJob, _ replica: Int) {
        guard let call = running.vouched else { return }
        let isTaken = state.withLock { state in
            state.handedOver -= 1
            return !state.isStopped
                && state.unvouched[replica].add(
                    tokens: running.job.tokenIDs.count, asked: running.generation, call)
        }
        if !isTaken { call(false) }
    }

    func beginLook(_ replica: Int) { state.withLock { $0.unvouched[replica].beginLook() } }

    /// The canaries were what they should be: so was what was answered before they were asked.
    func vouch(_ replica: Int) { tell(state.withLock { $0.takeVouched(replica) }, isSame: true) }

    /// Nobody will look any more.
    func giveUpAll() {
        tell(state.withLock { state in state.unvouched.indices.flatMap { state.giveUp($0) } }, isSame: false)
    }

    /// Until all are told there is something unsettled.
    func tell(_ calls: [UnvouchedScores.Call], isSame: Bool) {
        for call in calls { call(isSame) }
        state.withLock { $0.handedOver -= calls.count }
    }
}

extension EngineState {
    /// Notes that an answer was given, before it is handed over.
    mutating func note(_ running: RunningJob, at replica: Int) {
        if running.vouched == nil {
            unvouched[replica].add(asked: running.generation)
        } else {
            handedOver += 1
        }
    }

    /// Those to be told that the model was the same.
    mutating func takeVouched(_ replica: Int) -> [UnvouchedScores.Call] {
        let calls = unvouched[replica].vouch()
        handedOver += calls.count
        return calls
    }

    /// Those to be told that it was not.
    mutating func giveUp(_ replica: Int) -> [UnvouchedScores.Call] {
        let calls = unvouched[replica].giveUp()
        handedOver += calls.count
        return calls
    }
}
