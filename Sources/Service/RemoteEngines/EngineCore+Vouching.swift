import Sequences
import System

/// Which answers are kept for ever: those behind which the canaries were what they should be.
extension EngineCore {
    /// How often what a URL had answered was given up.
    func generation(_ replica: Int) -> Int { state.withLock { $0.unvouched[replica].generation } }

    /// What waits for a look at a URL.
    func unvouched(_ replica: Int) -> UnvouchedScores { state.withLock { $0.unvouched[replica] } }

    /// Whether answers wait for a look at a URL that can be looked at.
    var isUnsettled: Bool {
        state.withLock { state in
            state.handedOver > 0
                || zip(state.unvouched, state.replicas.replicas).contains {
                    (!$0.isEmpty || $0.isUncounted) && $1.phase == .up
                }
        }
    }

    /// Whether answers that were not counted were given up since the last call, or nobody has vouched for them.
    func takeLoss() -> Bool {
        state.withLock { state in
            state.unvouched.indices.map { state.unvouched[$0].takeLoss() }.contains(true)
        }
    }

    /// Notes that an answer was given, before it is handed over.
    func note(_ running: Running, at replica: Int, _ state: inout State) {
        if running.vouched == nil {
            state.unvouched[replica].add(asked: running.generation)
        } else {
            state.handedOver += 1
        }
    }

    /// Called once `then` has returned, so that whoever is told has the scores.
    func toBeVouchedFor(_ running: Running, _ replica: Int) {
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
    func vouch(_ replica: Int) {
        for call in state.withLock({ $0.unvouched[replica].vouch() }) { call(true) }
    }

    /// Nobody will look any more.
    func giveUpAll() {
        let calls = state.withLock { state in state.unvouched.indices.flatMap { state.unvouched[$0].giveUp() } }
        for call in calls { call(false) }
    }
}
