import Digests
import Dispatch
import Foundation
import HTTPClient
import Sequences
import System

/// A model that vLLM or SGLang computes, behind one or more URLs, as a teacher. It ends with its last reference.
package final class RemoteEngine: ConcurrentTeacherEngine {
    package let scoresFingerprint: SHA256Digest
    /// What decides its numbers.
    package let identity: RemoteIdentity
    /// What the URL that was met first says of itself.
    package let description: EngineDescription
    /// Most tokens of a segment.
    package let maxSequenceTokens: Int
    private let core: EngineCore
    private let checker: EngineChecker
    private let ownJobs = Locked(0)

    init(
        _ core: EngineCore, _ checker: EngineChecker, _ identity: RemoteIdentity, _ description: EngineDescription,
        maxSequenceTokens: Int
    ) {
        self.core = core
        self.checker = checker
        self.identity = identity
        self.description = description
        self.maxSequenceTokens = maxSequenceTokens
        scoresFingerprint = identity.scoresFingerprint
    }

    deinit { core.stop() }

    /// Whether all canaries have had the same bits whenever they were scored, alone and under load.
    package var isBitReproducible: Bool { checker.bitsAgree }
    /// What was measured at first contact.
    package var canaries: CanaryRecord? { checker.record }
    /// The URLs as they are now.
    package var replicas: [ReplicaStatus] { core.statuses }
    /// Most bytes of answers that are held at a time, where so many tokens are in flight at most.
    package func answerBytes(tokens: Int) -> Int {
        let requests = core.settings.addresses.count * core.settings.maxInFlight
        return min(
            requests * AnswerSize.limit(tokens: maxSequenceTokens, topK: 0),
            AnswerSize.limit(tokens: tokens, topK: 0) + (min(requests, tokens) - 1)
                * AnswerSize.limit(tokens: 0, topK: 0))
    }

    /// Most bytes of log-probs that wait for a look at the URLs.
    package var unvouchedBytes: Int { core.settings.addresses.count * UnvouchedScores.mostBytes }

    package var fault: EngineFault? { core.fault }
    package func claim() -> Bool { core.claim() }
    package func abort(_ id: Int) { core.abort(id) }
    package func onChange(_ call: @escaping @Sendable () -> Void) { core.onChange(call) }

    package func start(
        _ job: EngineJob, then: @escaping @Sendable (Result<TokenScores, EngineFault>) -> Void,
        vouched: @escaping @Sendable (_ isSame: Bool) -> Void
    ) {
        core.start(job, isClaimed: true, then: then, vouched: vouched)
    }

    package func settle(patience: Duration) { checker.settle(patience: patience) { false } }

    /// A look at the canaries of every URL that answered, whose answers count where they are as they should be.
    package func vouch(isHurried: () -> Bool) -> Bool {
        // A look is many requests.
        checker.settle(patience: max(core.settings.timeout, .seconds(600)), isHurried: isHurried)
        return !core.takeLoss()
    }

    /// They tell a few of the likeliest tokens: entropy and normalizer are of all.
    package var givesTemperedScores: Bool { false }

    /// Scores a batch, its segments all at once, and waits for the last. Where no URL answers it waits until one does, or ten minutes.
    ///
    /// - Throws: `EngineFault`.
    package func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores {
        let end = ContinuousClock.now + .seconds(600)
        while true {
            do throws(EngineFault) {
                return try scoresNow(batch, detail)
            } catch {
                guard case .unreachable(_, _, let retryAfter) = error, .now < end else { throw error }
                Pause.wait(min(retryAfter, .seconds(5)))
            }
        }
    }

    private func scoresNow(_ batch: PackedBatch, _ detail: ScoreDetail) throws(EngineFault) -> TokenScores {
        let results = Locked([Result<TokenScores, EngineFault>?](repeating: nil, count: batch.segments.count))
        let done = DispatchSemaphore(value: 0)
        for (index, range) in batch.segments.enumerated() {
            // Below 0: never those of a queue.
            let id = ownJobs.withLock { last in
                last -= 1
                return last
            }
            core.start(
                EngineJob(id: id, tokenIDs: Array(batch.tokenIDs[range]), detail), isClaimed: false
            ) { result in
                results.withLock { $0[index] = result }
                done.signal()
            }
        }
        for _ in 0..<batch.segments.count { done.wait() }
        let all = results.withLock { $0 }
        var parts: [TokenScores] = []
        for result in all { if let result { parts.append(try result.get()) } }
        return TokenScores(joining: parts)
    }
}
