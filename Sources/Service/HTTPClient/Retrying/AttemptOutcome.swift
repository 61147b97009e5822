/// End of one attempt at one server.
package enum AttemptOutcome: Sendable {
    case answered(HTTPReply)
    /// A server that has too much to do (429), and says so.
    case busy(reason: String, retryAfter: Duration?)
    /// A server that cannot now: another one, or the same one later, may be well.
    case away(reason: String, retryAfter: Duration?)
    /// A server that failed over this call, perhaps not over the next: tried again only so many times.
    case serverError(reason: String)
    /// A server that has not what was asked for. Where there are other servers they may have it.
    case unsuited(any Error)
    case failed(CallError)

    init(_ reply: HTTPReply, _ verdict: Verdict) {
        switch verdict {
        case .answer: self = .answered(reply)
        case .busy(let reason): self = .busy(reason: reason, retryAfter: reply.retryAfter)
        case .away(let reason): self = .away(reason: reason, retryAfter: reply.retryAfter)
        case .serverError(let reason): self = .serverError(reason: reason)
        case .unsuited(let error): self = .unsuited(error)
        case .refused(let error): self = .failed(.refused(error))
        }
    }

    init(_ error: TransferError, from server: ServerAddress, limitBytes: Int) {
        switch error {
        case .cancelled: self = .failed(.cancelled)
        case .tooLarge: self = .failed(.replyTooLarge(server: server.base, limitBytes: limitBytes))
        case .transient(let reason): self = .away(reason: reason, retryAfter: nil)
        case .permanent(let reason): self = .failed(.cannotConnect(server: server.base, reason: reason))
        }
    }

    /// Time for which the server asks to be left alone; nil where it asks for none.
    var retryAfter: Duration? {
        switch self {
        case .busy(_, let delay), .away(_, let delay): delay
        case .answered, .serverError, .unsuited, .failed: nil
        }
    }

    /// Whether the server will not, and would say the same again. (Whoever cancelled is heard.)
    var isRefusal: Bool {
        switch self {
        case .failed(.cancelled): false
        case .unsuited, .failed: true
        case .answered, .busy, .away, .serverError: false
        }
    }

    /// Whether nothing better can come: there is an answer, or the caller has cancelled.
    var endsRace: Bool {
        switch self {
        case .answered, .failed(.cancelled): true
        case .busy, .away, .serverError, .unsuited, .failed: false
        }
    }
}
