import ScoringAPI

/// End of one attempt at one server.
enum AttemptOutcome {
    case answered(HTTPReply)
    /// A server that has too much to do (429), and says so.
    case busy(reason: String, retryAfter: Duration?)
    /// A server that cannot now: another one, or the same one later, may be well.
    case away(reason: String, retryAfter: Duration?)
    /// A server that failed over this call, perhaps not over the next: tried again only so many times.
    case serverError(reason: String)
    /// A server that holds another model than was asked for. Where there are other servers they may hold the right one.
    case otherModel(ScoringClientError)
    case failed(ScoringClientError)

    init(_ reply: HTTPReply, from server: ServerAddress) {
        let problem = AttemptOutcome.problem(in: reply)
        let reason = problem?.description ?? "status \(reply.status)"
        switch reply.status {
        case 200..<300: self = .answered(reply)
        case 429: self = .busy(reason: reason, retryAfter: reply.retryAfter)
        case 408, 503: self = .away(reason: reason, retryAfter: reply.retryAfter)
        case 500, 502, 504: self = .serverError(reason: reason)
        default:
            let error: ScoringClientError =
                problem.map { .refused(server: server.base, $0) }
                ?? .unexpectedStatus(server: server.base, status: reply.status)
            let isOtherModel = problem?.kind == .fingerprintMismatch || problem?.kind == .unknownModel
            self = isOtherModel ? .otherModel(error) : .failed(error)
        }
    }

    init(_ error: TransferError, from server: ServerAddress, limitBytes: Int) {
        switch error {
        case .cancelled: self = .failed(.cancelled)
        case .tooLarge: self = .failed(.answerTooLarge(server: server.base, limitBytes: limitBytes))
        case .transient(let reason): self = .away(reason: reason, retryAfter: nil)
        case .permanent(let reason): self = .failed(.cannotConnect(server: server.base, reason: reason))
        }
    }

    /// Time for which the server asks to be left alone; nil where it asks for none.
    var retryAfter: Duration? {
        switch self {
        case .busy(_, let delay), .away(_, let delay): delay
        case .answered, .serverError, .otherModel, .failed: nil
        }
    }

    /// Whether the server will not, and would say the same again. (Whoever cancelled is heard.)
    var isRefusal: Bool {
        switch self {
        case .failed(.cancelled): false
        case .otherModel, .failed: true
        case .answered, .busy, .away, .serverError: false
        }
    }

    private static func problem(in reply: HTTPReply) -> Problem? {
        guard let type = reply.contentType, MediaType.problem.isNamed(by: type) else { return nil }
        return try? Problem(json: reply.body)
    }
}
