import Annealing
import CommandLines
import Corpora
import Digests
import Foundation
import ScoringAPI
import ScoringClient
import System
import Tokenizers
import TokenWeights
import Training

/// The server's teacher, once all that must agree with the student does: tokenizer, context, weighting.
final class TeacherConnection: Sendable {
    /// How long the first contact is tried; once a run has begun, it waits for ever.
    private static let firstContact = Duration.seconds(300)

    var name: String { teacher.model }
    var modelFingerprint: String { teacher.modelFingerprint }
    private let teacher: ModelIdentity
    /// Where the server's base makes the weights' student.
    private let base: ModelIdentity?
    /// nil where servers call the teacher by other names, or one has not said yet.
    private let sharedName: String?
    private let arguments: TeacherArguments
    private let client: ScoringClient
    private let planner: RequestPlanner
    /// Ids that the teacher cannot read as the student means them.
    let unreadable: UnreadableTokens
    private let pin: ScoresPin
    private let cancellation: StopFlag
    private let notices: WaitNotices
    private let outage: OutageWatch
    private let terminal: Terminal

    /// Asks every server's /info and compares what they have: none of their answers is used before. One that cannot be asked yet is
    /// compared by its own first answer, since every request carries what the teacher must be.
    ///
    /// - Parameters:
    ///   - known: by whom a resumed run was taught; nil where that may change.
    ///   - tokenizer: the student's.
    init(
        _ arguments: TeacherArguments, needs: TeacherNeeds, known: KnownTeacher?, tokenizer: Tokenizer,
        cancellation: StopFlag, terminal: Terminal
    ) throws {
        let client = try Self.client(
            servers: arguments.server, apiKeyFile: arguments.apiKeyFile, caFile: arguments.caFile,
            hedgeAfter: arguments.hedgeAfter?.duration)
        let notices = WaitNotices(terminal)
        let (found, tokens) = try TeacherConnection.interruptible {
            let found = try Self.servers(
                client, needs, known: known, arguments, cancellation: cancellation, notices: notices)
            let tokens = try TeacherTokens(
                tokenizer, teacher: found.first.teacher, rows: found.info.rows(of: found.first.teacher), client: client,
                CallOptions(
                    timeout: .seconds(30), deadline: .now + Self.firstContact, cancellation: cancellation,
                    onWait: notices.show))
            return (found, tokens)
        }
        unreadable = tokens.unreadable
        self.arguments = arguments
        self.client = client
        self.notices = notices
        self.terminal = terminal
        self.cancellation = cancellation
        outage = OutageWatch(arguments.onOutage, after: arguments.outageAfter.duration)
        teacher = found.first.teacher
        base = found.first.base
        sharedName = found.sharedName
        planner = RequestPlanner(limits: found.info.limits, tokensPerSecond: found.info.tokensPerSecond)
        pin = ScoresPin(
            known?.scoresFingerprint ?? found.first.teacher.scoresFingerprint, allowMixed: arguments.allowMixedScores)
        let speed = found.info.tokensPerSecond.map { ", \(Format.count($0)) tokens/s" } ?? ""
        terminal.line(
            "teacher: \(name) at \(arguments.server.joined(separator: ", ")), \(found.info.precision)\(speed)")
        for remark in tokens.remarks { terminal.line("warning: " + remark) }
    }

    private struct Found {
        let first: ServedTeacher
        let info: InfoResponse
        let sharedName: String?
    }

    /// Log-probs for weights that the trainer computes, pulled ahead.
    func logProbSource() -> any LogProbSource {
        PulledAnswers(scoresFingerprint: { [self] in scoresFingerprint }) { [self] batch in
            try ranges(batch.windows).flatMap { range in
                let windows = batch.windows[range]
                let response = try logProbs(ScoreMessages.logProbRequest(windows, pins: pins))
                return ScoreMessages.split(response.teacherLogProbs, windows)
            }
        }
    }

    /// The teacher's likeliest tokens, pulled ahead. Nothing keeps them: not the server, and here only until their step.
    func softTargetSource(_ distilled: DistilledTeacher) -> any SoftTargetSource {
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
    func serverWeights(_ weighting: any TokenWeighting) -> ServerWeights {
        ServerWeights(
            self, sendsStudent: weighting.studentSource == .current,
            choice: arguments.weights.choice)
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
        if let base, !arguments.allowMixedScores, response.baseScoresFingerprint != base.scoresFingerprint {
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
            scoresFingerprint: arguments.allowMixedScores ? nil : pin.value)
    }

    /// Waits until one server answers, then asks each.
    private static func servers(
        _ client: ScoringClient, _ needs: TeacherNeeds, known: KnownTeacher?, _ arguments: TeacherArguments,
        cancellation: StopFlag, notices: WaitNotices
    ) throws -> Found {
        let options = CallOptions(
            timeout: .seconds(30), deadline: .now + firstContact, cancellation: cancellation, onWait: notices.show)
        while true {
            _ = try client.info(options)
            var agreement = ServerAgreement(known: known, allowMixedScores: arguments.allowMixedScores)
            var firstInfo: InfoResponse?
            var names: Set<String?> = []
            for report in try client.infoOfEach(timeout: options.timeout, cancellation: cancellation) {
                switch report.said {
                case .info(let info):
                    let served = try needs.served(info, at: report.server)
                    try agreement.add(served)
                    names.insert(served.teacher.model)
                    firstInfo = firstInfo ?? info
                case .nothing(let reason):
                    notices.isAway(report.server, reason)
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
        let options = CallOptions(
            timeout: planner.timeout(tokens: request.tokenIDs.count), patience: outage.patience,
            cancellation: cancellation, onWait: notices.show, onOtherModel: notices.isSetAside)
        let response: BinaryScoreResponse
        do {
            response = try Self.interruptible { try send(request, options) }
        } catch ScoringClientError.noServer(let waited, let reason) {
            if outage.begin(), arguments.onOutage == .ntp {
                terminal.line("no server answers (\(reason)): going on with the plain next-token loss until one does")
            }
            throw AnnealingError.teacherAway(waited: waited, reason: reason)
        } catch let error as ScoringClientError {
            throw AnnealingError.teacherUnusable(reason: error.description)
        }
        if outage.end() { terminal.line("the teacher answers again") }
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

    static func client(
        servers: [String], apiKeyFile: String?, caFile: String?, hedgeAfter: Duration? = nil
    ) throws -> ScoringClient {
        ScoringClient(
            ScoringClientConfiguration(
                servers: try servers.map { try ServerAddress($0) },
                apiKey: try apiKeyFile.map { try APIKey(firstLine($0)) }, caFile: caFile,
                hedgeAfter: hedgeAfter))
    }

    private static func firstLine(_ path: String) throws -> String {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "the API key cannot be read")
        }
        return text.withoutByteOrderMark.split(whereSeparator: \.isNewline).first
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
}
