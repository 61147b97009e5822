import HTTPClient
import ScoringAPI

/// An answer to /info from one of several servers, or why there is none.
package struct ServerReport: Sendable {
    /// An answer, or the lack of one.
    package enum Said: Sendable {
        case info(InfoResponse)
        /// No answer now: the server is away, busy or has failed. A later call may find it well.
        case nothing(reason: String)
    }

    /// Address of the server, as `ServerAddress` prints it.
    package let server: String
    /// Its /info, or why it could not be asked.
    package let said: Said

    /// The report of one attempt.
    ///
    /// - Throws: `ScoringClientError` where the server refuses, or answers as none does.
    init(_ outcome: AttemptOutcome, of server: ServerAddress) throws(ScoringClientError) {
        self.server = server.description
        switch outcome {
        case .answered(let reply):
            do {
                said = .info(try InfoResponse(json: reply.body))
            } catch {
                throw .unreadableAnswer(server: server.description, reason: "\(error)")
            }
        case .busy(let reason, _), .away(let reason, _), .serverError(let reason): said = .nothing(reason: reason)
        case .unsuited(let error): throw ScoringClientError(.refused(error))
        case .failed(let error): throw ScoringClientError(error)
        }
    }
}
