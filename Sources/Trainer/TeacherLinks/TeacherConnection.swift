import Annealing
import Corpora
import HTTPClient
import ScoringAPI
import ScoringClient
import Sequences
import System
import Tokenizers
import TokenWeights
import Training

/// The server's teacher, once all that must agree with the student does: tokenizer, context, weighting. Where the run may begin without
/// (`--on-outage ntp`), the servers are compared at their first answer.
package final class TeacherConnection: Sendable {
    /// What is known once a server has answered.
    private struct Link: Sendable {
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
    private let options: TeacherLinkOptions
    private let client: ScoringClient
    private let needs: TeacherNeeds
    private let known: KnownTeacher?
    private let tokenizer: Tokenizer
    private let pin: ScoresPin
    private let cancellation: StopFlag
    private let outage: OutageWatch
    private let notify: @Sendable (TeacherNotice) -> Void

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

    /// Looks at the servers' teachers, and at what they cannot read.
    private func linked() throws -> Link {
        let calls = CallOptions(
            timeout: .seconds(30), patience: outage.patience, cancellation: cancellation
        ) { [notify] in notify(.waiting($0)) }
        return try Self.interruptible {
            let found = try Self.servers(client, needs, known: known, options, calls, notify: notify)
            let rows = found.info.rows(of: found.first.teacher)
            let tokens = try TeacherTokens(
                tokenizer, teacher: found.first.teacher, rows: rows, client: client, calls)
            let padding = rows.flatMap {
                needs.distilled?.remark(teacher: found.first.teacher.model, vocabularySize: $0)
            }
            return Link(
                teacher: found.first.teacher, base: found.first.base, sharedName: found.sharedName,
                planner: RequestPlanner(limits: found.info.limits, tokensPerSecond: found.info.tokensPerSecond),
                vocabularySize: rows, unreadable: tokens.unreadable,
                notices: [
                    .found(
                        teacher: found.first.teacher.model, servers: client.servers, precision: found.info.precision,
                        tokensPerSecond: found.info.tokensPerSecond)
                ] + (tokens.remarks + [padding].compactMap(\.self)).map { .remark($0) })
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
    private func established() throws -> Link {
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

    private func away(_ reason: String) -> AnnealingError {
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

    private struct Found {
        let first: ServedTeacher
        let info: InfoResponse
        let sharedName: String?
    }

    /// Log-probs for weights that the trainer computes, pulled ahead.
    package func logProbSource() -> any LogProbSource {
        PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try answers(batch.windows) { [self] range in
                let windows = batch.windows[range]
                let response = try logProbs(ScoreMessages.logProbRequest(windows, pins: try pins))
                return ScoreMessages.split(response.teacherLogProbs, windows)
            }
        }
    }

    /// The same with the entropies of the teacher's distributions, for a weighting that reads them.
    package func teacherScoreSource() -> any TeacherScoreSource {
        PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try answers(batch.windows, detail: .entropies) { [self] range in
                let windows = batch.windows[range]
                let request = ScoreMessages.logProbRequest(windows, entropies: true, pins: try pins)
                return ScoreMessages.teacherScores(try logProbs(request), windows)
            }
        }
    }

    /// The teacher's likeliest tokens, pulled ahead, without those that the student has not. Nothing keeps them: not the server, and here only until their step.
    package func softTargetSource(_ distilled: DistilledTeacher) -> any SoftTargetSource {
        PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try answers(batch.windows, detail: distilled.detail) { [self] range in
                let windows = batch.windows[range]
                let request = ScoreMessages.logProbRequest(windows, distilled: distilled, pins: try pins)
                let response = try logProbs(request, vocabularySize: established().vocabularySize)
                return ScoreMessages.softTargets(response, windows, distilled)
            }
        }
    }

    /// Weights that the server computes.
    ///
    /// - Parameter choice: the weighting, as the request names it.
    package func serverWeights(_ weighting: any TokenWeighting, _ choice: Weighting) -> any WeightSource {
        ServerWeights(self, sendsStudent: weighting.studentSource == .current, choice: choice)
    }

    /// Scores fingerprint of the teacher's answers; nil before a server has said it.
    var scoresFingerprint: String? { pin.value }

    /// What `ask` has for each window, the windows cut into requests: one request after another, or as many at a time as there are
    /// servers where calls are spread.
    func answers<Part: Sendable>(
        _ windows: [TrainingWindow], detail: ScoreDetail = .none,
        _ ask: @escaping @Sendable (Range<Int>) throws -> [Part]
    ) throws -> [Part] {
        let requests = try established().planner.requests(windows, detail: detail, parts: client.breadth)
        return try SideBySide.map(requests, threads: client.breadth, ask).flatMap(\.self)
    }

    func logProbs(_ request: BinaryScoreRequest, vocabularySize: Int? = nil) throws -> BinaryScoreResponse {
        try call(request) { [client] in try client.logProbs($0, $1, vocabularySize: vocabularySize) }
    }

    func weights(_ request: BinaryScoreRequest) throws -> BinaryScoreResponse {
        let response = try call(request, client.weights)
        if let base = try established().base, !options.allowMixedScores,
            response.baseScoresFingerprint != base.scoresFingerprint
        {
            throw AnnealingError.teacherUnusable(
                reason: TeacherError.changedBase(was: base.scoresFingerprint, now: response.baseScoresFingerprint)
                    .description)
        }
        return response
    }

    /// What every request carries: the model, by its fingerprint where no name is common to all servers, and the fingerprints that it
    /// must have.
    var pins: ModelPins {
        get throws {
            let link = try established()
            return ModelPins(
                model: link.sharedName ?? link.teacher.modelFingerprint,
                modelFingerprint: link.teacher.modelFingerprint,
                tokenizerFingerprint: link.teacher.tokenizerFingerprint,
                scoresFingerprint: options.allowMixedScores ? nil : pin.value)
        }
    }

    /// Waits until one server answers, then asks each.
    private static func servers(
        _ client: ScoringClient, _ needs: TeacherNeeds, known: KnownTeacher?, _ options: TeacherLinkOptions,
        _ calls: CallOptions, notify: (TeacherNotice) -> Void
    ) throws -> Found {
        while true {
            _ = try client.info(calls)
            var agreement = ServerAgreement(known: known, allowMixedScores: options.allowMixedScores)
            var firstInfo: InfoResponse?
            var names: Set<String?> = []
            for report in try client.infoOfEach(timeout: options.infoTimeout, cancellation: calls.cancellation) {
                switch report.said {
                case .info(let info):
                    let served = try needs.served(info, at: report.server)
                    try agreement.add(served)
                    names.insert(served.teacher.model)
                    firstInfo = firstInfo ?? info
                case .nothing(let reason):
                    notify(.absent(server: report.server, reason: reason))
                    names.insert(nil)
                }
            }
            guard let first = agreement.first, let info = firstInfo else { continue }
            return Found(first: first, info: info, sharedName: names.count == 1 ? first.teacher.model : nil)
        }
    }

    private func call(
        _ request: BinaryScoreRequest, _ send: (BinaryScoreRequest, CallOptions) throws -> BinaryScoreResponse
    ) throws -> BinaryScoreResponse {
        let calls = CallOptions(
            timeout: try established().planner.timeout(tokens: request.tokenIDs.count), patience: outage.patience,
            cancellation: cancellation, onWait: { [notify] in notify(.waiting($0)) },
            onUnsuited: { [notify] error in
                // Not the request's id, which is another each time.
                if case ScoringClientError.refused(let server, let problem) = error {
                    notify(.leftOut(server: server, reason: problem.detail))
                }
            })
        let response: BinaryScoreResponse
        do {
            response = try Self.interruptible { try send(request, calls) }
        } catch ScoringClientError.noServer(_, let reason) {
            throw away(reason)
        } catch let error as ScoringClientError {
            throw AnnealingError.teacherUnusable(reason: error.description)
        }
        if outage.answer(at: .now) { notify(.answersAgain) }
        do {
            try pin.check(response.identity.scoresFingerprint)
        } catch {
            throw AnnealingError.teacherUnusable(reason: "\(error)")
        }
        return response
    }

    private static func interruptible<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch ScoringClientError.cancelled { throw TrainingError.interrupted }
    }
}
