import Annealing
import Corpora
import Digests
import Formats
import HTTPClient
import ScoreFiles
import ScoringAPI
import ScoringClient
import Sequences
import System
import TeacherLinks
import Tokenizers
import Training
import Transformers

/// The teacher as the doctor asks it: every server, and not for long.
package struct SampleTeacher {
    private static let patience = Duration.seconds(10)
    private static let scoringPatience = Duration.seconds(300)

    /// Where the teacher is looked for.
    package enum Place {
        /// Servers by URL, each asked by a client of its own.
        case servers([String], areSpread: Bool, allowMixedScores: Bool, client: (String) throws -> ScoringClient)
        /// Path of files of either form, and what must agree with them.
        case files(String, ScoresReader, allowNumericsChange: Bool)
    }

    private struct Server {
        var url: String
        var client: ScoringClient
        var pins: ModelPins
        var planner: RequestPlanner
        /// Whether its numbers have the same bits each time; not so behind some engines.
        var isBitReproducible: Bool
        /// Tokens that its teacher predicts; nil where it does not say.
        var vocabularySize: Int?
    }

    private enum Found {
        case servers([Server])
        case files(any FiledScores)
    }

    private let place: Found
    private let cancellation: StopFlag
    private let status: (String) -> Void
    /// Ids that each server's teacher cannot read as the student means them.
    package let unreadable: [UnreadableTokens]
    /// Speed as the server measured it, of all servers where requests are spread; nil for files.
    package let tokensPerSecond: Double?

    /// Finds the teacher. A server among several that cannot be used is a finding.
    ///
    /// - Parameter status: told what is done at the moment.
    /// - Throws: where no teacher can be used.
    package init(
        _ place: Place, needs: TeacherNeeds, tokenizer: Tokenizer, status: @escaping (String) -> Void,
        cancellation: StopFlag, _ findings: inout Findings
    ) throws {
        self.cancellation = cancellation
        self.status = status
        let (urls, areSpread, allowMixedScores, makeClient): ([String], Bool, Bool, (String) throws -> ScoringClient)
        switch place {
        case .files(let path, let reader, let allowNumericsChange):
            let scores = try Self.scores(
                path, reader, allowNumericsChange: allowNumericsChange, status: status, cancellation: cancellation)
            findings.add(
                .fine, "teacher",
                "\(scores.identity.model) in \(path), \(scores.identity.precision); \(scores.extent), each as it was written"
            )
            (self.place, tokensPerSecond, unreadable) = (.files(scores), nil, [])
            return
        case .servers(let given, let spread, let mixed, let client):
            (urls, areSpread, allowMixedScores, makeClient) = (given, spread, mixed, client)
        }
        var servers: [Server] = []
        var speed: Double?
        var unreadable: [UnreadableTokens] = []
        var agreement = ServerAgreement(allowMixedScores: allowMixedScores)
        for url in urls {
            status("asking \(url)")
            let found: Void? = findings.examining("teacher") { findings in
                let client = try makeClient(url)
                let options = CallOptions(
                    timeout: Self.patience, deadline: .now + Self.patience, cancellation: cancellation)
                let info = try client.info(options)
                let served = try needs.served(info, at: url)
                try agreement.add(served)
                let teacher = served.teacher
                let rate = info.tokensPerSecond.map { ", \(Format.count($0)) tokens/s" } ?? ""
                findings.add(
                    .fine, "teacher", "\(teacher.model) at \(url), \(info.precision)\(rate); tokenizer and context fit")
                let engine = info.engine(of: teacher)
                if let (grade, text) = engine?.finding { findings.add(grade, "engine", text) }
                let rows = info.rows(of: teacher)
                let tokens = try TeacherTokens(tokenizer, teacher: teacher, rows: rows, client: client, options)
                for remark in tokens.remarks { findings.add(.doubtful, "teacher", remark) }
                if let padding = rows.flatMap({ needs.distilled?.remark(teacher: teacher.model, vocabularySize: $0) }) {
                    findings.add(.doubtful, "teacher", padding)
                }
                unreadable.append(tokens.unreadable)
                if let rate = info.tokensPerSecond { speed = areSpread ? (speed ?? 0) + rate : speed ?? rate }
                servers.append(
                    Server(
                        url: url, client: client, pins: ModelPins(teacher),
                        planner: RequestPlanner(limits: info.limits, tokensPerSecond: info.tokensPerSecond),
                        isBitReproducible: engine?.isBitReproducible ?? true, vocabularySize: rows))
            }
            _ = found
        }
        guard !servers.isEmpty else { throw NoTeacher(servers: urls) }
        (self.place, tokensPerSecond) = (.servers(servers), speed)
        self.unreadable = unreadable
    }

    private static func scores(
        _ path: String, _ reader: ScoresReader, allowNumericsChange: Bool, status: (String) -> Void,
        cancellation: StopFlag
    ) throws -> any FiledScores {
        let scores = try reader.open(path) { file, share in
            try cancellation.throwIfRequested()
            status("reading \(file): \(Format.percent(share))")
        }
        try scores.checkNumerics(allowChange: allowNumericsChange)
        try scores.checkAll { what in
            try cancellation.throwIfRequested()
            status("hashing \(what)")
        }
        return scores
    }

    /// The log-probs of the windows, from the first server; every server must give the first window the same bits, unless it was let in
    /// with another scores fingerprint.
    ///
    /// - Throws: `ScoringClientError`, `SideCarError`, `ScoreFileError`, and where servers differ.
    package func logProbs(_ windows: [TrainingWindow], _ findings: inout Findings) throws -> [[Float]] {
        switch place {
        case .files(let scores):
            return try FiledLogProbs(scores).answer(
                StepBatch(step: 1, windows: windows, cursorAfter: DataCursor()))
        case .servers(let servers):
            status("the teacher reads the sample")
            let answer = try ask(servers[0].client, servers[0].pins, servers[0].planner, windows)
            var haveSameBits = true
            for server in servers {
                let alone = try ask(server.client, server.pins, server.planner, Array(windows.prefix(1)))
                guard alone[0].map(\.bitPattern) != answer[0].map(\.bitPattern) else { continue }
                let gap = Self.gap(alone[0], answer[0])
                if server.pins.scoresFingerprint != servers[0].pins.scoresFingerprint {
                    haveSameBits = false
                    findings.add(
                        .doubtful, "answers",
                        "\(server.url) gives other log-probs than \(servers[0].url), up to \(gap) nats apart: --allow-mixed-scores "
                            + "takes both")
                    continue
                }
                guard !servers.allSatisfy(\.isBitReproducible) else { throw OtherBits(url: server.url) }
                haveSameBits = false
                findings.add(
                    .doubtful, "answers",
                    "\(server.url) gives a segment other bits alone than in a batch, up to \(gap) nats apart: with --store the server keeps "
                        + "the first answer for every epoch and student")
            }
            guard haveSameBits else { return answer }
            findings.add(
                .fine, "answers",
                "the same bits alone and in a batch, from \(servers.count == 1 ? "the server" : "all \(servers.count) servers")"
            )
            return answer
        }
    }

    /// Largest difference of two answers for the same tokens, in nats, where both are finite.
    private static func gap(_ one: [Float], _ other: [Float]) -> Float {
        zip(one, other).map { $0.isFinite && $1.isFinite ? abs($0 - $1) : 0 }.max() ?? 0
    }

    /// Entropies of its distributions at each position of the windows, from the first server; nil for files, which have none. [windows][T]
    ///
    /// - Throws: `ScoringClientError`.
    package func entropies(_ windows: [TrainingWindow]) throws -> [[Float]]? {
        guard case .servers(let servers) = place else { return nil }
        let (client, pins, planner) = (servers[0].client, servers[0].pins, servers[0].planner)
        return try planner.requests(windows, detail: .entropies).flatMap { range in
            let request = ScoreMessages.logProbRequest(windows[range], entropies: true, pins: pins)
            return ScoreMessages.teacherScores(
                try client.logProbs(request, options(planner, request)), windows[range]
            ).map(\.entropies)
        }
    }

    /// The likeliest tokens at each position of the windows, from the first server; nil for files, which have none.
    ///
    /// - Throws: `ScoringClientError`.
    package func softTargets(_ windows: [TrainingWindow], _ distilled: DistilledTeacher) throws -> [SoftTargets]? {
        guard case .servers(let servers) = place else { return nil }
        status("the teacher gives its likeliest tokens")
        let (client, pins, planner) = (servers[0].client, servers[0].pins, servers[0].planner)
        let vocabularySize = servers[0].vocabularySize
        return try planner.requests(windows, detail: distilled.detail).flatMap { range in
            let request = ScoreMessages.logProbRequest(windows[range], distilled: distilled, pins: pins)
            let response = try client.logProbs(
                request, options(planner, request), vocabularySize: vocabularySize)
            return ScoreMessages.softTargets(response, windows[range], distilled)
        }
    }

    private func options(_ planner: RequestPlanner, _ request: BinaryScoreRequest) -> CallOptions {
        CallOptions(
            timeout: planner.timeout(tokens: request.tokenIDs.count), deadline: .now + Self.scoringPatience,
            cancellation: cancellation)
    }

    private func ask(
        _ client: ScoringClient, _ pins: ModelPins, _ planner: RequestPlanner, _ windows: [TrainingWindow]
    ) throws -> [[Float]] {
        try planner.requests(windows).flatMap { range in
            let request = ScoreMessages.logProbRequest(windows[range], pins: pins)
            let response = try client.logProbs(request, options(planner, request))
            return ScoreMessages.split(response.teacherLogProbs, windows[range])
        }
    }

    private struct NoTeacher: Error, CustomStringConvertible {
        let servers: [String]
        var description: String {
            servers.isEmpty
                ? "give --server URL or --logprobs-from DIR" : "no server can be used, so no weights were tried"
        }
    }

    private struct OtherBits: Error, CustomStringConvertible {
        let url: String
        var description: String { "\(url) gives a segment other bits alone than the first server in a batch" }
    }
}

extension ModelPins {
    /// All that names a teacher's numbers.
    fileprivate init(_ identity: ModelIdentity) {
        self.init(
            model: identity.model, modelFingerprint: identity.modelFingerprint,
            tokenizerFingerprint: identity.tokenizerFingerprint, scoresFingerprint: identity.scoresFingerprint)
    }
}
