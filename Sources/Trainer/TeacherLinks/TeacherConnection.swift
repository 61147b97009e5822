import Annealing
import Corpora
import HTTPClient
import ScoringAPI
import ScoringClient
import System
import Tokenizers
import TokenWeights
import Training

/// The server's teacher, once all that must agree with the student does: tokenizer, context, weighting.
package final class TeacherConnection: Sendable {

    /// Name that the first server gives the teacher.
    package var name: String { teacher.model }
    /// Fingerprint of the teacher's model.
    package var modelFingerprint: String { teacher.modelFingerprint }
    private let teacher: ModelIdentity
    /// Where the server's base makes the weights' student.
    private let base: ModelIdentity?
    /// nil where servers call the teacher by other names, or one has not said yet.
    private let sharedName: String?
    private let options: TeacherLinkOptions
    private let client: ScoringClient
    private let planner: RequestPlanner
    /// Ids that the teacher cannot read as the student means them.
    package let unreadable: UnreadableTokens
    private let pin: ScoresPin
    private let cancellation: StopFlag
    private let outage: OutageWatch
    private let notify: @Sendable (TeacherNotice) -> Void

    /// Asks every server's /info and compares what they have: none of their answers is used before. One that cannot be asked yet is
    /// compared by its own first answer, since every request carries what the teacher must be.
    ///
    /// - Parameters:
    ///   - client: asks the servers of the run.
    ///   - known: by whom a resumed run was taught; nil where that may change.
    ///   - tokenizer: the student's.
    ///   - notify: told what a person should know, on whichever thread finds it.
    /// - Throws: `TeacherError` where a server's teacher is not what the run needs, `ScoringClientError` where none answers,
    ///   `TrainingError.interrupted`.
    package init(
        _ client: ScoringClient, _ options: TeacherLinkOptions, needs: TeacherNeeds, known: KnownTeacher?,
        tokenizer: Tokenizer, cancellation: StopFlag, notify: @escaping @Sendable (TeacherNotice) -> Void
    ) throws {
        // The policy holds from the first request: a run that waits for ever does so here, too.
        let outage = OutageWatch(options.onOutage, after: options.outageAfter, since: .now)
        let calls = CallOptions(
            timeout: .seconds(30), patience: outage.patience, cancellation: cancellation
        ) { notify(.waiting($0)) }
        let (found, tokens) = try TeacherConnection.interruptible {
            let found = try Self.servers(client, needs, known: known, options, calls, notify: notify)
            let tokens = try TeacherTokens(
                tokenizer, teacher: found.first.teacher, rows: found.info.rows(of: found.first.teacher), client: client,
                calls)
            return (found, tokens)
        }
        _ = outage.answer(at: .now)
        unreadable = tokens.unreadable
        self.options = options
        self.client = client
        self.cancellation = cancellation
        self.notify = notify
        self.outage = outage
        teacher = found.first.teacher
        base = found.first.base
        sharedName = found.sharedName
        planner = RequestPlanner(limits: found.info.limits, tokensPerSecond: found.info.tokensPerSecond)
        pin = ScoresPin(
            known?.scoresFingerprint ?? found.first.teacher.scoresFingerprint, allowMixed: options.allowMixedScores)
        notify(
            .found(
                teacher: teacher.model, servers: client.servers, precision: found.info.precision,
                tokensPerSecond: found.info.tokensPerSecond))
        for remark in tokens.remarks { notify(.remark(remark)) }
    }

    private struct Found {
        let first: ServedTeacher
        let info: InfoResponse
        let sharedName: String?
    }

    /// Log-probs for weights that the trainer computes, pulled ahead.
    package func logProbSource() -> any LogProbSource {
        PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try ranges(batch.windows).flatMap { range in
                let windows = batch.windows[range]
                let response = try logProbs(ScoreMessages.logProbRequest(windows, pins: pins))
                return ScoreMessages.split(response.teacherLogProbs, windows)
            }
        }
    }

    /// The teacher's likeliest tokens, pulled ahead. Nothing keeps them: not the server, and here only until their step.
    package func softTargetSource(_ distilled: DistilledTeacher) -> any SoftTargetSource {
        let topK = distilled.topK
        return PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try ranges(batch.windows, topK: topK).flatMap { range in
                let windows = batch.windows[range]
                let request = ScoreMessages.logProbRequest(windows, topK: topK, pins: pins)
                let response = try logProbs(request, vocabularySize: distilled.vocabularySize)
                return ScoreMessages.softTargets(response, windows, topK: topK)
            }
        }
    }

    /// Weights that the server computes.
    ///
    /// - Parameter choice: the weighting, as the request names it.
    package func serverWeights(_ weighting: any TokenWeighting, _ choice: Weighting) -> any WeightSource {
        ServerWeights(self, sendsStudent: weighting.studentSource == .current, choice: choice)
    }

    var scoresFingerprint: String? { pin.value }

    func ranges(_ windows: [TrainingWindow], topK: Int = 0) -> [Range<Int>] {
        planner.requests(windows, topK: topK)
    }

    func logProbs(_ request: BinaryScoreRequest, vocabularySize: Int? = nil) throws -> BinaryScoreResponse {
        try call(request) { [client] in try client.logProbs($0, $1, vocabularySize: vocabularySize) }
    }

    func weights(_ request: BinaryScoreRequest) throws -> BinaryScoreResponse {
        let response = try call(request, client.weights)
        if let base, !options.allowMixedScores, response.baseScoresFingerprint != base.scoresFingerprint {
            throw AnnealingError.teacherUnusable(
                reason: TeacherError.changedBase(was: base.scoresFingerprint, now: response.baseScoresFingerprint)
                    .description)
        }
        return response
    }

    /// What every request carries: the model, by its fingerprint where no name is common to all servers, and the fingerprints that it
    /// must have.
    var pins: ModelPins {
        ModelPins(
            model: sharedName ?? modelFingerprint, modelFingerprint: modelFingerprint,
            tokenizerFingerprint: teacher.tokenizerFingerprint,
            scoresFingerprint: options.allowMixedScores ? nil : pin.value)
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
            for report in try client.infoOfEach(timeout: calls.timeout, cancellation: calls.cancellation) {
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
            timeout: planner.timeout(tokens: request.tokenIDs.count), patience: outage.patience,
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
            let (silence, isNew) = outage.noAnswer(at: .now)
            if isNew, options.onOutage == .ntp { notify(.goesOnWithout(reason: reason)) }
            throw AnnealingError.teacherAway(waited: silence, reason: reason)
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
