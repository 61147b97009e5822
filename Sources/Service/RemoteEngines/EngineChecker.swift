import Digests
import Dispatch
import Foundation
import HTTPClient
import System

/// Looks at the URLs of an engine: at first contact, where requests failed, after a restart, and every so often. A URL is asked for scores
/// only after it has shown to be the model whose scores are kept. A thread for each URL: one that hangs keeps no look at another waiting.
final class EngineChecker: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Time between two looks at whether the engine was started anew.
    private static let processInterval = Duration.seconds(2)
    /// While answers wait for a look, looks take at most this share of the time.
    private static let shareOfLooks = 0.05

    private struct Watched {
        var process: String?
        /// Whether nothing answered at a look since it was last up.
        var wasAway = false
        /// Whether it was as it should be when it was looked at last.
        var isSound = false
        var nextProcessLook: Instant
        var nextCheck: Instant
        /// No look before that only because answers wait for one.
        var nextEarlyLook: Instant
    }

    private struct State {
        /// How many wait for looks.
        var waiting = 0
        var record: CanaryRecord?
        var bitsAgree = false
        var watched: [Watched]
    }

    private let core: EngineCore
    private let identity: RemoteIdentity
    private let reference: EngineDescription
    private let canaries: CanarySet
    private let directory: EngineStateDirectory?
    private let state: Locked<State>
    /// Held by the URL that is met first.
    private let firstContact = DispatchSemaphore(value: 1)

    /// - Parameters:
    ///   - reference: what the URL that was met first says of itself; the others have to say the same.
    ///   - record: what was answered for these canaries once; nil where nothing was.
    ///   - directory: where the answers are kept; nil: in memory.
    init(
        _ core: EngineCore, _ identity: RemoteIdentity, like reference: EngineDescription, canaries: CanarySet,
        record: CanaryRecord?, keeping directory: EngineStateDirectory?
    ) {
        self.core = core
        self.identity = identity
        self.reference = reference
        self.canaries = canaries
        self.directory = directory
        let now = Instant.now
        state = Locked(
            State(
                record: record, bitsAgree: record?.bitsAgreed ?? false,
                watched: core.settings.addresses.map { _ in
                    Watched(nextProcessLook: now + Self.processInterval, nextCheck: now, nextEarlyLook: now)
                }))
    }

    /// What was measured; nil before the first URL was met.
    var record: CanaryRecord? { state.withLock { $0.record } }
    /// Whether all canaries have had the same bits whenever they were scored, alone and under load.
    var bitsAgree: Bool { state.withLock { $0.bitsAgree } }

    /// Starts the threads, which end with the engine.
    func start() throws(SystemError) {
        for replica in core.settings.addresses.indices {
            try DetachedThread.start("remit-canaries", stackBytes: 8 << 20) { [self] in
                while !core.isStopped {
                    look(at: replica)
                    Pause.wait(.milliseconds(20))
                }
            }
        }
    }

    /// Has the URLs looked at for whose answers nobody has vouched, without the usual pause, and waits for that: at most for `patience`, and
    /// for ten seconds from when `isHurried` is true.
    func settle(patience: Duration, isHurried: () -> Bool) {
        var (end, wasHurried) = (Instant.now + patience, false)
        state.withLock { $0.waiting += 1 }
        while core.isUnsettled, .now < end {
            if !wasHurried, isHurried() { (end, wasHurried) = (min(end, .now + .seconds(10)), true) }
            Pause.wait(.milliseconds(5))
        }
        state.withLock { $0.waiting -= 1 }
    }

    private func look(at replica: Int) {
        let now = Instant.now
        if core.isDue(replica) { return check(replica) }
        guard core.phase(replica) == .up else { return }
        let (watched, isUrgent) = state.withLock { ($0.watched[replica], $0.waiting > 0) }
        if watched.nextCheck <= now { return check(replica) }
        let waiting = core.waiting(replica)
        let isDue = waiting.areMany || (waiting.areSome && watched.nextEarlyLook <= now)
        if isDue || (isUrgent && (waiting.areSome || waiting.areUncounted)) {
            return lookEarly(at: replica, watched)
        }
        guard watched.nextProcessLook <= now else { return }
        state.withLock { $0.watched[replica].nextProcessLook = now + Self.processInterval }
        // One that nobody asks may go and come back as another, unseen: to start takes longer than the interval.
        let found = Result { () throws(ContactFault) in try contact(replica).process() }
        if case .success(watched.process) = found { return }
        core.mustBeChecked(replica)
    }

    /// A look at the canaries between two checks, for the answers that wait for one. Where it cannot end a check says why, which asks the
    /// canaries too.
    private func lookEarly(at replica: Int, _ watched: Watched) {
        let began = Instant.now
        defer { pause(replica, since: began) }
        core.beginLook(replica)
        do throws(ContactFault) {
            guard try contact(replica).process() == watched.process else { return checkAnew(replica) }
            if let reason = try canaryChange(replica) {
                // What it answers a moment later says nothing of what it answered before.
                return conclude(replica, .changed(reason: reason), .changed, reason, givesUp: true)
            }
            core.vouch(replica)
            core.onEvent(core.settings.addresses[replica], .check(.same, reason: ""))
        } catch {
            switch error {
            case .unsuited(let reason): conclude(replica, .down(reason: reason), .failed, reason, givesUp: true)
            case .away: checkAnew(replica)
            }
        }
    }

    private func checkAnew(_ replica: Int) {
        state.withLock { $0.watched[replica].nextCheck = .now }
        check(replica)
    }

    private func pause(_ replica: Int, since began: Instant) {
        let took = Instant.now - began
        state.withLock { $0.watched[replica].nextEarlyLook = .now + took / Self.shareOfLooks }
    }

    /// Looks at what a URL is and answers, and notes it.
    func check(_ replica: Int) {
        core.beginLook(replica)
        do throws(ContactFault) {
            let began = Instant.now
            let description = try contact(replica).describe()
            // Nobody can look any more at the process before.
            let isAnother = isAnotherProcess(description, replica)
            var reason = difference(description)
            if reason == nil, !isSound(description, replica) {
                reason = try canaryChange(replica)
                if reason == nil, !isAnother { core.vouch(replica) }
                state.withLock { $0.watched[replica].nextCheck = .now + core.settings.checkEvery }
                pause(replica, since: began)
            }
            if let reason {
                return conclude(replica, .changed(reason: reason), .changed, reason, givesUp: true)
            }
            state.withLock { state in
                state.watched[replica].process = description.process
                state.watched[replica].wasAway = false
            }
            conclude(replica, .up, .same, "", givesUp: isAnother)
        } catch {
            // Who answers what cannot be is not what it was; of one that is away nobody knows yet.
            let isAway = if case .away = error { true } else { false }
            if isAway { state.withLock { $0.watched[replica].wasAway = true } }
            conclude(replica, .down(reason: error.description), .failed, error.description, givesUp: !isAway)
        }
    }

    /// Notes and tells what a look found.
    ///
    /// - Parameter givesUp: whether what the URL answered since the look before is not to be kept.
    private func conclude(
        _ replica: Int, _ phase: Replica.Phase, _ check: EngineEvent.Check, _ found: String, givesUp: Bool
    ) {
        var reason = found
        state.withLock { state in
            state.watched[replica].isSound = phase == .up
            state.watched[replica].nextProcessLook = .now + Self.processInterval
        }
        let lost = core.checked(replica, phase, givesUp: givesUp)
        if lost > 0 {
            reason += reason.isEmpty ? "it was started anew" : ""
            reason +=
                "; log-probs of \(lost) segments that it gave since its canaries were last scored are not kept, but were answers to "
                + "requests"
        }
        core.onEvent(core.settings.addresses[replica], .check(check, reason: reason))
    }

    /// Whether the process is not the one that was last looked at. One that does not tell its process may have been started anew whenever
    /// it was away.
    private func isAnotherProcess(_ description: EngineDescription, _ replica: Int) -> Bool {
        state.withLock { state in
            guard let process = state.watched[replica].process else { return state.watched[replica].wasAway }
            return process != description.process
        }
    }

    /// Whether only a request failed: the process is the one whose canaries were the same, and the next look at them is not due.
    private func isSound(_ description: EngineDescription, _ replica: Int) -> Bool {
        state.withLock { state in
            let watched = state.watched[replica]
            return watched.isSound && watched.process != nil && watched.process == description.process
                && watched.nextCheck > .now
        }
    }

    private func contact(_ replica: Int) -> EngineContact {
        var contact = EngineContact(
            transfers: core.transfers, address: core.settings.addresses[replica], model: core.model)
        if case .checksum = identity.weights { contact.wantsChecksum = true }
        return contact
    }

    /// What it says of itself that the engine met first does not.
    private func difference(_ description: EngineDescription) -> String? {
        if description.speculates { return EngineFit.speculation }
        for (name, now, then) in [
            ("version", description.version, reference.version),
            ("number format", description.dtype, reference.dtype),
            ("checksum of the weights", description.checksum, reference.checksum),
        ] where now != then {
            return
                "its \(name) is \((now ?? "unknown").prefix(80)), that of the kept scores is \((then ?? "unknown").prefix(80))"
        }
        return nil
    }

    /// Why the URL's canaries are those of another model; nil where they are not.
    private func canaryChange(_ replica: Int) throws(ContactFault) -> String? {
        let round = CanaryRound(core: core, address: core.settings.addresses[replica], canaries: canaries)
        try round.checkDistribution()
        let alone = try round.alone()
        guard let record else { return try meet(round, alone) }
        return change(record, alone)
    }

    private func change(_ record: CanaryRecord, _ alone: [[Float]]) -> String? {
        if let reason = record.change(alone) { return reason }
        if !record.hasBits(of: alone) { state.withLock { $0.bitsAgree = false } }
        return nil
    }

    /// First contact: the answers are kept under the fingerprint, for as long as there are scores under it.
    private func meet(_ round: CanaryRound, _ alone: [[Float]]) throws(ContactFault) -> String? {
        firstContact.wait()
        defer { firstContact.signal() }
        // Another URL was met meanwhile.
        if let record { return change(record, alone) }
        let record = CanaryRecord(
            vocabularySize: canaries.vocabularySize, alone: alone, loaded: try round.underLoad())
        do {
            try directory?.keep(record, identity.scoresFingerprint)
        } catch {
            throw .unsuited("its canaries cannot be kept: \(error)")
        }
        state.withLock { state in
            state.record = record
            state.bitsAgree = record.bitsAgreed
        }
        return nil
    }
}

/// What no engine may do.
enum EngineFit {
    static let speculation =
        "it speculates, which can corrupt the log-probs of prompts in silence: start it without speculative decoding"
}
