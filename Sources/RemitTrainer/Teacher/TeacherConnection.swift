import Annealing
import CommandLines
import Corpora
import Digests
import Foundation
import ScoringAPI
import ScoringClient
import TokenWeights
import Tokenizers

/// The server's teacher, once all that must agree with the student does: tokenizer, context, weighting.
final class TeacherConnection: Sendable {
    /// How long the first contact is tried; once a run has begun, it waits for ever.
    private static let firstContact = Duration.seconds(300)

    let name: String
    let modelFingerprint: String
    private let arguments: TeacherArguments
    private let client: ScoringClient
    private let planner: RequestPlanner
    private let pin: ScoresPin
    private let cancellation: CancellationFlag
    private let notices: WaitNotices
    private let outage: OutageWatch
    private let terminal: Terminal
    private let tokenizerFingerprint: String

    /// Asks /info and checks it. `pinnedScores`: what a resumed run was answered by before.
    init(
        _ arguments: TeacherArguments, text: TextSide, sequenceLength: Int, distilled: DistilledTeacher? = nil,
        pinnedScores: String?, cancellation: CancellationFlag, terminal: Terminal
    ) throws {
        let client = try Self.client(
            servers: arguments.server, apiKeyFile: arguments.apiKeyFile, caFile: arguments.caFile,
            hedgeAfter: arguments.hedgeAfter?.duration)
        let notices = WaitNotices(terminal)
        let info = try TeacherConnection.interruptible {
            try client.info(
                CallOptions(
                    timeout: .seconds(30), deadline: .now + Self.firstContact, cancellation: cancellation,
                    onWait: notices.show))
        }
        let teacher = try TeacherAgreement(info: info, teacher: arguments.teacher).check(
            tokenizer: text.tokenizer.fingerprint.hex, sequenceLength: sequenceLength, distilled: distilled)
        self.arguments = arguments
        self.client = client
        self.notices = notices
        self.terminal = terminal
        outage = OutageWatch(arguments.onOutage, after: arguments.outageAfter.duration)
        self.cancellation = cancellation
        name = teacher.model
        modelFingerprint = teacher.modelFingerprint
        tokenizerFingerprint = teacher.tokenizerFingerprint
        planner = RequestPlanner(limits: info.limits, tokensPerSecond: info.tokensPerSecond)
        pin = ScoresPin(pinnedScores, allowMixed: arguments.allowMixedScores)
        let speed = info.tokensPerSecond.map { ", \(Format.count($0)) tokens/s" } ?? ""
        terminal.line("teacher: \(name) at \(arguments.server.joined(separator: ", ")), \(info.precision)\(speed)")
    }

    /// Log-probs for weights that the trainer computes, pulled ahead.
    func logProbSource() -> ServerLogProbs { ServerLogProbs(self) }

    /// The teacher's likeliest tokens, pulled ahead.
    func softTargetSource(_ distilled: DistilledTeacher) -> ServerSoftTargets {
        ServerSoftTargets(self, topK: distilled.topK, vocabularySize: distilled.vocabularySize)
    }

    /// Weights that the server computes.
    func serverWeights(_ weighting: any TokenWeighting) -> ServerWeights {
        ServerWeights(
            self, sendsStudent: weighting.studentSource == .current,
            choice: WeightingChoice(
                weighting: arguments.weighting, epsilon: arguments.epsilon, centering: arguments.centering,
                keepFraction: arguments.keepFraction))
    }

    var scoresFingerprint: String? { pin.value }

    func ranges(_ batch: StepBatch, topK: Int = 0) -> [Range<Int>] {
        planner.requests(batch.windows, topK: topK)
    }

    func logProbs(_ request: BinaryScoreRequest, vocabularySize: Int? = nil) throws -> BinaryScoreResponse {
        try call(request) { [client] in try client.logProbs($0, $1, vocabularySize: vocabularySize) }
    }

    func weights(_ request: BinaryScoreRequest) throws -> BinaryScoreResponse {
        try call(request, client.weights)
    }

    /// What every request carries: the model, and the fingerprints that it must have.
    var pins: ModelPins {
        ModelPins(
            model: name, modelFingerprint: modelFingerprint, tokenizerFingerprint: tokenizerFingerprint,
            scoresFingerprint: arguments.allowMixedScores ? nil : pin.value)
    }

    private func call(
        _ request: BinaryScoreRequest, _ send: (BinaryScoreRequest, CallOptions) throws -> BinaryScoreResponse
    ) throws -> BinaryScoreResponse {
        let options = CallOptions(
            timeout: planner.timeout(tokens: request.tokenIDs.count), patience: outage.patience,
            cancellation: cancellation, onWait: notices.show)
        let response: BinaryScoreResponse
        do {
            response = try Self.interruptible { try send(request, options) }
        } catch ScoringClientError.noServer(let waited, let reason) {
            if outage.begin(), arguments.onOutage == .ntp {
                terminal.line("no server answers (\(reason)): going on with the plain next-token loss until one does")
            }
            throw AnnealingError.teacherAway(waited: waited, reason: reason)
        }
        if outage.end() { terminal.line("the teacher answers again") }
        try pin.check(response.identity.scoresFingerprint)
        return response
    }

    private static func interruptible<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch ScoringClientError.cancelled { throw AnnealingError.interrupted }
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
            throw AnnealingError.fileFailed(path: path, reason: "the API key cannot be read")
        }
        return text.withoutByteOrderMark.split(whereSeparator: \.isNewline).first
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
}
