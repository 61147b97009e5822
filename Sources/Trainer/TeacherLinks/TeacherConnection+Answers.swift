import Annealing
import Corpora
import HTTPClient
import ScoringAPI
import ScoringClient
import Sequences
import TokenWeights
import Training

/// What is asked of the servers, once they are found.
extension TeacherConnection {
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

    /// The teacher's likeliest tokens, pulled ahead, without those that the student has not. Nothing keeps them: not the server, and here
    /// only until their step.
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

    /// Weights by the server's base, or by the student's log-probs in the request.
    ///
    /// - Throws: `AnnealingError.teacherUnusable` also where the base is another one than at the start.
    func weights(_ request: BinaryScoreRequest) throws -> BinaryScoreResponse {
        let response = try call(request, client.weights)
        if let base = try established().base, response.baseScoresFingerprint != base.scoresFingerprint,
            try !isOtherScoresOfBase(response.baseScoresFingerprint)
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
}
