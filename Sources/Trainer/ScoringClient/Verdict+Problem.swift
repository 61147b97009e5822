import HTTPClient
import ScoringAPI

extension Verdict {
    /// What a reply of a scoring service means: a problem says it in words, and a model that the server has not may be another's.
    init(_ reply: HTTPReply, from server: ServerAddress) {
        var problem = Verdict.problem(in: reply)
        // A problem need not repeat the status that it came with.
        if problem?.status == 0 { problem?.status = reply.status }
        let reason = problem?.description ?? Verdict.meaning(ofPage: reply.status)
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

    /// What a status means that comes without a problem document, as remit-server never sends one: with the page of a proxy, say.
    static func meaning(ofPage status: Int) -> String {
        switch status {
        case 300..<400: "\(status): it sends clients elsewhere, which is not followed; give the address that it means"
        case 401, 403, 407:
            "\(status), and not as remit-server does: what stands before it, a proxy perhaps, asks for a login of its own"
        case 404: "404, and not as remit-server does: another program listens there, or a proxy knows no such path"
        case 413:
            "413, and not as remit-server does: a proxy before it takes no body so large; let it take larger ones, or send less at a time"
        case 429: "429, and not as remit-server does: a proxy before it takes no more requests now"
        case 502, 503, 504: "\(status), and not as remit-server does: a proxy finds no server behind it"
        default: "\(status), and not as remit-server does: is it one, or a proxy before it?"
        }
    }

    private static func problem(in reply: HTTPReply) -> Problem? {
        guard let type = reply.contentType, MediaType.problem.isNamed(by: type) else { return nil }
        return try? Problem(json: reply.body)
    }
}
