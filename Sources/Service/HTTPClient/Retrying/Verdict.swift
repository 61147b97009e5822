/// What a reply means for the call that it belongs to; said by whoever knows what was asked.
package enum Verdict: Sendable {
    /// An answer: the call is over.
    case answer
    /// A server that has too much to do (429), and says so.
    case busy(reason: String)
    /// A server that cannot now: another one, or the same one later, may be well.
    case away(reason: String)
    /// A server that failed over this call, perhaps not over the next: tried again only so many times.
    case serverError(reason: String)
    /// A server that has not what was asked for. Where there are other servers they may have it.
    case unsuited(any Error)
    /// A server that understood and will not, or one that is none.
    case refused(any Error)

    /// Verdict on a status as HTTP has it (RFC 9110), for those that mean the same whoever answers; nil for any other.
    package init?(status: Int, reason: String) {
        switch status {
        case 200..<300: self = .answer
        case 429: self = .busy(reason: reason)
        case 408, 503: self = .away(reason: reason)
        case 500, 502, 504: self = .serverError(reason: reason)
        default: return nil
        }
    }
}
