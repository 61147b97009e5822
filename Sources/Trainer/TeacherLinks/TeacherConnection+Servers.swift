import Annealing
import HTTPClient
import ScoringAPI
import ScoringClient
import System

/// How the servers are found, and compared with what the run needs.
extension TeacherConnection {
    /// Looks at the servers' teachers, and at what they cannot read.
    func linked() throws -> Link {
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

    /// Whether other scores are of the base that the run began with, and may be mixed. An answer names its base by its scores alone, so that
    /// a server's /info has to say of which model they are.
    ///
    /// - Parameter scores: scores fingerprint of the base behind an answer; nil where the answer does not say.
    /// - Throws: `AnnealingError.teacherUnusable` where a server refuses to say, `TrainingError.interrupted`.
    func isOtherScoresOfBase(_ scores: String?) throws -> Bool {
        guard options.allowMixedScores, let scores, let student = needs.baseStudent else { return false }
        if bases.withLock({ $0.contains(scores) }) { return true }
        let reports: [ServerReport]
        do {
            reports = try Self.interruptible {
                try client.infoOfEach(timeout: options.infoTimeout, cancellation: cancellation)
            }
        } catch let error as ScoringClientError {
            throw AnnealingError.teacherUnusable(reason: error.description)
        }
        let found = reports.flatMap { report in
            guard case .info(let info) = report.said else { return [String]() }
            return info.models.filter { $0.role == .base && $0.identity.modelFingerprint == student }
                .map(\.identity.scoresFingerprint)
        }
        return bases.withLock { bases in
            bases.formUnion(found)
            return bases.contains(scores)
        }
    }

    private struct Found {
        let first: ServedTeacher
        let info: InfoResponse
        let sharedName: String?
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
}
