import Annealing
import Corpora
import ScoringAPI
import ScoringClient
import System
import Tokenizers
import TokenWeights
import Training

/// The server's teacher, once all that must agree with the student does: tokenizer, context, weighting. Where the run may begin without
/// (`--on-outage ntp`), the servers are compared at their first answer.
package final class TeacherConnection: Sendable {
    /// What is known once a server has answered.
    struct Link: Sendable {
        let teacher: ModelIdentity
        /// Where the server's base makes the weights' student.
        let base: ModelIdentity?
        /// nil where servers call the teacher by other names, or one has not said yet.
        let sharedName: String?
        let planner: RequestPlanner
        /// Tokens that the teacher predicts; nil where no server says.
        let vocabularySize: Int?
        /// Ids that the teacher cannot read as the student means them.
        let unreadable: UnreadableTokens
        let notices: [TeacherNotice]
    }

    private let link = Locked<Link?>(nil)
    /// The run's, to be looked at as soon as it is known what the teacher cannot read.
    private let taught = Locked<(corpus: Corpus, domains: Set<Int>?)?>(nil)
    let options: TeacherLinkOptions
    let client: ScoringClient
    let needs: TeacherNeeds
    let known: KnownTeacher?
    let tokenizer: Tokenizer
    let pin: ScoresPin
    /// Scores fingerprints of bases that a server's /info has said to be the student that the run starts from, where they may be mixed.
    let bases = Locked<Set<String>>([])
    let cancellation: StopFlag
    let outage: OutageWatch
    let notify: @Sendable (TeacherNotice) -> Void

    /// Name that the first server gives the teacher; nil before one has answered.
    package var name: String? { link.withLock { $0?.teacher.model } }
    /// Fingerprint of the teacher's model; nil where no server has answered and the run had no teacher before, or may have another one now.
    package var modelFingerprint: String? {
        link.withLock { $0?.teacher.modelFingerprint } ?? known.flatMap { $0.mayChange ? nil : $0.modelFingerprint }
    }

    /// Asks every server's /info and compares what they have: none of their answers is used before. One that cannot be asked yet is
    /// compared by its own first answer, since every request carries what the teacher must be.
    ///
    /// - Parameters:
    ///   - client: asks the servers of the run.
    ///   - known: by whom a resumed run was taught; nil where nobody did.
    ///   - tokenizer: the student's.
    ///   - notify: told what a person should know, on whichever thread finds it.
    /// - Throws: `TeacherError` where a server's teacher is not what the run needs, `ScoringClientError` where none answers (unless
    ///   the run goes on without), `TrainingError.interrupted`.
    package init(
        _ client: ScoringClient, _ options: TeacherLinkOptions, needs: TeacherNeeds, known: KnownTeacher?,
        tokenizer: Tokenizer, cancellation: StopFlag, notify: @escaping @Sendable (TeacherNotice) -> Void
    ) throws {
        self.options = options
        self.client = client
        self.needs = needs
        self.known = known
        self.tokenizer = tokenizer
        self.cancellation = cancellation
        self.notify = notify
        // The policy holds from the first request: a run that waits for ever does so here, too.
        outage = OutageWatch(options.onOutage, after: options.outageAfter, since: .now)
        pin = ScoresPin(nil, allowMixed: options.allowMixedScores)
        do {
            try take(linked())
        } catch ScoringClientError.noServer(_, let reason) where options.onOutage == .ntp {
            _ = outage.noAnswer(at: .now)
            notify(.beginsWithout(reason: reason))
        }
    }

    /// Two threads may find the servers at once: the first holds. Its scores are those of the run from here on: where the run had others
    /// of this teacher before, `ServerAgreement` has refused them, or they may be mixed.
    @discardableResult
    private func take(_ new: Link) throws -> Link {
        _ = outage.answer(at: .now)
        let (held, isFirst) = try link.withLock { link in
            if let link { return (link, false) }
            try pin.check(new.teacher.scoresFingerprint)
            link = new
            return (new, true)
        }
        guard isFirst else { return held }
        for notice in new.notices { notify(notice) }
        return held
    }

    /// The link, looked for now where no server has answered yet.
    ///
    /// - Throws: `AnnealingError.teacherAway` where none does, `.teacherUnusable` where a teacher is not what the run needs or cannot read
    ///   the corpus.
    func established() throws -> Link {
        if let link = link.withLock({ $0 }) { return link }
        do {
            let new = try linked()
            // As at the start of a run, before the first of its answers is used.
            if let (corpus, domains) = taught.withLock({ $0 }) {
                try new.unreadable.check(corpus, domains: domains) { [cancellation] _ in
                    try cancellation.throwIfRequested()
                }
            }
            return try take(new)
        } catch ScoringClientError.noServer(_, let reason) {
            throw away(reason)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw AnnealingError.teacherUnusable(reason: "\(error)")
        }
    }

    func away(_ reason: String) -> AnnealingError {
        let (silence, isNew) = outage.noAnswer(at: .now)
        if isNew, options.onOutage == .ntp { notify(.goesOnWithout(reason: reason)) }
        return .teacherAway(waited: silence, reason: reason)
    }

    /// Checks that the teacher can read every token of the corpus that is trained on: now, or as soon as a server answers.
    ///
    /// - Parameter domains: numbers in `Corpus.domains` of those that it teaches; nil: all documents.
    /// - Throws: `UnreadableTokens`' error; what `progress` throws.
    package func check(_ corpus: Corpus, domains: Set<Int>? = nil, progress: (Double) throws -> Void) throws {
        guard let link = link.withLock({ $0 }) else { return taught.withLock { $0 = (corpus, domains) } }
        try link.unreadable.check(corpus, domains: domains, onProgress: progress)
    }

    /// Scores fingerprint of the teacher's answers; nil before a server has said it.
    var scoresFingerprint: String? { pin.value }
    /// Those of its answers that have another one, in the order of their first ones.
    var otherScores: [String] { pin.others }

    static func interruptible<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch ScoringClientError.cancelled { throw TrainingError.interrupted }
    }
}
