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
