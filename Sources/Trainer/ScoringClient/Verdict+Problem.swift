import HTTPClient
import ScoringAPI

extension Verdict {
    /// What a reply of a scoring service means: a problem says it in words, and a model that the server has not may be another's.
    init(_ reply: HTTPReply, from server: ServerAddress) {
        let problem = Verdict.problem(in: reply)
        let reason = problem?.description ?? "status \(reply.status)"
        if let verdict = Verdict(status: reply.status, reason: reason) {
            self = verdict
            return
        }
        let error: ScoringClientError =
            problem.map { .refused(server: server.description, $0) }
            ?? .unexpectedStatus(server: server.description, status: reply.status)
        let isOtherModel = problem?.kind == .fingerprintMismatch || problem?.kind == .unknownModel
        self = isOtherModel ? .unsuited(error) : .refused(error)
    }

    private static func problem(in reply: HTTPReply) -> Problem? {
        guard let type = reply.contentType, MediaType.problem.isNamed(by: type) else { return nil }
        return try? Problem(json: reply.body)
    }
}
