import Digests
import Dispatch
import Foundation
import HTTPClient
import System

/// Looks at the URLs of an engine: at first contact, where requests failed, after a restart, and every so often. A URL is asked for scores
/// only after it has shown to be the model whose scores are kept. One thread.
final class EngineChecker: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Time between two looks at whether the engine was started anew.
    private static let processInterval = Duration.seconds(2)
    /// While answers wait for a look, looks take at most this share of the time.
    private static let shareOfLooks = 0.05

    private struct Watched {
        var process: String?
        /// Whether it was as it should be when it was looked at last.
        var isSound = false
        var nextProcessLook: Instant
        var nextCheck: Instant
        /// No look before that only because answers wait for one.
        var nextEarlyLook: Instant
    }

    private struct State {
        /// Whether somebody waits for looks.
        var isUrgent = false
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
    private let ended = DispatchSemaphore(value: 0)

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

    /// Starts the thread, which ends with the engine.
    func start() throws(SystemError) {
        try DetachedThread.start("remit-canaries", stackBytes: 8 << 20) { [self] in serve() }
    }

    /// Has the URLs looked at for whose answers nobody has vouched, without the usual pause.
    func lookSoon() { state.withLock { $0.isUrgent = true } }

    private func serve() {
        while !core.isStopped {
            defer { if !core.isUnsettled { state.withLock { $0.isUrgent = false } } }
            for replica in core.settings.addresses.indices where !core.isStopped { look(at: replica) }
            Pause.wait(.milliseconds(20))
        }
    }

    private func look(at replica: Int) {
        let now = Instant.now
        if core.isDue(replica) { return check(replica) }
        guard core.phase(replica) == .up else { return }
        let (watched, isUrgent) = state.withLock { ($0.watched[replica], $0.isUrgent) }
        if watched.nextCheck <= now { return check(replica) }
        let unvouched = core.unvouched(replica)
        let isDue = unvouched.isHalfFull || (!unvouched.isEmpty && watched.nextEarlyLook <= now)
        if isDue || (isUrgent && (!unvouched.isEmpty || unvouched.isUncounted)) {
            return lookEarly(at: replica, watched)
        }
        guard watched.nextProcessLook <= now else { return }
        state.withLock { $0.watched[replica].nextProcessLook = now + Self.processInterval }
        // One that nobody asks may go and come back as another, unseen: to start takes longer than the interval.
        let found = Result { () throws(ContactFault) in try contact(replica).process() }
        if case .success(watched.process) = found { return }
        core.mustBeChecked(replica)
    }

    /// A look at the canaries between two checks, for the answers that wait for one. Where it cannot end a check says why.
    private func lookEarly(at replica: Int, _ watched: Watched) {
        let began = Instant.now
        core.beginLook(replica)
        do throws(ContactFault) {
            if try contact(replica).process() == watched.process, try canaryChange(replica) == nil {
                core.vouch(replica)
                core.onEvent(core.settings.addresses[replica], .check(.same, reason: ""))
            } else {
                state.withLock { $0.watched[replica].nextCheck = .now }
                check(replica)
            }
        } catch {
            core.mustBeChecked(replica)
        }
        pause(replica, since: began)
    }

    private func pause(_ replica: Int, since began: Instant) {
        let took = Instant.now - began
        state.withLock { $0.watched[replica].nextEarlyLook = .now + took / Self.shareOfLooks }
    }

    /// Looks at what a URL is and answers, and notes it.
    func check(_ replica: Int) {
        let phase: Replica.Phase
        var event: (check: EngineEvent.Check, reason: String)
        var givesUp = false
        core.beginLook(replica)
        do throws(ContactFault) {
            let began = Instant.now
            let description = try contact(replica).describe()
            // Nobody can look any more at the process before.
            givesUp = isAnotherProcess(description, replica)
            var reason = difference(description)
            if reason == nil, !isSound(description, replica) {
                reason = try canaryChange(replica)
                if reason == nil, !givesUp { core.vouch(replica) }
                state.withLock { $0.watched[replica].nextCheck = .now + core.settings.checkEvery }
                pause(replica, since: began)
            }
            if let reason {
                givesUp = true
                (phase, event) = (.changed(reason: reason), (.changed, reason))
            } else {
                (phase, event) = (.up, (.same, ""))
                state.withLock { $0.watched[replica].process = description.process }
            }
        } catch {
            givesUp = false
            (phase, event) = (.down(reason: error.description), (.failed, error.description))
        }
        state.withLock { state in
            state.watched[replica].isSound = phase == .up
            state.watched[replica].nextProcessLook = .now + Self.processInterval
        }
        let lost = core.checked(replica, phase, givesUp: givesUp)
        if lost > 0 {
            event.reason += event.reason.isEmpty ? "it was started anew" : ""
            event.reason +=
                "; log-probs of \(lost) segments that it gave since its canaries were last scored are not kept, but were answers to "
                + "requests"
        }
        core.onEvent(core.settings.addresses[replica], .check(event.check, reason: event.reason))
    }

    /// Whether the process is not the one that was last looked at.
    private func isAnotherProcess(_ description: EngineDescription, _ replica: Int) -> Bool {
        state.withLock { state in
            guard let process = state.watched[replica].process else { return false }
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
        if let reason = record.change(alone) { return reason }
        if !record.hasBits(of: alone) { state.withLock { $0.bitsAgree = false } }
        return nil
    }

    /// First contact: the answers are kept under the fingerprint, for as long as there are scores under it.
    private func meet(_ round: CanaryRound, _ alone: [[Float]]) throws(ContactFault) -> String? {
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
