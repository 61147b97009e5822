import HTTPClient
import ScoringAPI

/// Reasons why a call has no answer. No case carries the key.
package enum ScoringClientError: Error, Equatable, Sendable {
    /// A problem that the server states for good: it understood and will not, so that trying again does not help.
    case refused(server: String, Problem)
    /// An answer that is no problem document and no success: a redirect, a proxy's page.
    case unexpectedStatus(server: String, status: Int)
    /// A success whose body is not of the form that was asked for, or contradicts itself.
    case unreadableAnswer(server: String, reason: String)
    /// An answer that can be read, and is none to what was asked: of another model, for other tokens, with numbers that cannot be.
    case wrongAnswer(server: String, reason: String)
    /// An answer above `ScoringClientConfiguration.maxResponseBytes`.
    case answerTooLarge(server: String, limitBytes: Int)
    /// A transfer that waiting does not mend: a certificate that does not verify, a file that is missing.
    case cannotConnect(server: String, reason: String)
    /// The deadline passed, or servers failed too often. `lastReason` is of the last failure.
    case gaveUp(server: String, attempts: Int, lastReason: String)
    /// No server answered for as long as the call was to be patient.
    case noServer(waited: Duration, lastReason: String)
    /// The call's `StopFlag` was set.
    case cancelled
}

extension ScoringClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let server, let problem):
            "\(server) refused: \(problem)"
                + (problem.kind == .unauthorized
                    ? ". Give --api-key-file FILE, whose first line is a key of this server's: of a line NAME:KEY of the server's own file, KEY "
                        + "alone" : "")
        case .unexpectedStatus(let server, let status):
            "\(server) answered \(Verdict.meaning(ofPage: status))"
        case .unreadableAnswer(let server, let reason):
            "\(server) answered what cannot be read: \(reason). Is it a remit-server, of this program's version?"
        case .wrongAnswer(let server, let reason):
            "\(server) answered what cannot be: \(reason). Nothing of it was used. Is it a remit-server, with nothing between that "
                + "changes what it says? Ask it alone with remit-trainer doctor, or leave it out"
        case .answerTooLarge(let server, let limit): "\(server) answered more than \(limit) bytes"
        case .cannotConnect(let server, let reason): "cannot connect to \(server): \(reason)"
        case .gaveUp(let server, let attempts, let reason):
            "\(server) did not answer in \(attempts) \(attempts == 1 ? "attempt" : "attempts"): \(reason)"
        case .noServer(let waited, let reason):
            "no server has answered for \(Int((waited / .seconds(1)).rounded())) s: \(reason)"
        case .cancelled: "cancelled"
        }
    }
}

extension ScoringClientError {
    /// What ended a call; a refusal is already one of these, as `Verdict` gives it.
    init(_ error: CallError) {
        switch error {
        case .refused(let refusal):
            self = refusal as? ScoringClientError ?? .unreadableAnswer(server: "a server", reason: "\(refusal)")
        case .replyTooLarge(let server, let limit): self = .answerTooLarge(server: server, limitBytes: limit)
        case .cannotConnect(let server, let reason): self = .cannotConnect(server: server, reason: reason)
        case .gaveUp(let server, let attempts, let reason):
            self = .gaveUp(server: server, attempts: attempts, lastReason: reason)
        case .noServer(let waited, let reason): self = .noServer(waited: waited, lastReason: reason)
        case .cancelled: self = .cancelled
        }
    }
}
