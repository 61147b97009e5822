import ScoringAPI

/// What one of several servers said of itself.
package struct ServerReport: Sendable {
    package enum Said: Sendable {
        case info(InfoResponse)
        /// It cannot be asked now.
        case nothing(reason: String)
    }

    package let server: String
    package let said: Said

    /// Throws where the server refuses, or answers as none does.
    init(_ outcome: AttemptOutcome, of server: ServerAddress) throws(ScoringClientError) {
        self.server = server.base
        switch outcome {
        case .answered(let reply):
            do {
                said = .info(try InfoResponse(json: reply.body))
            } catch {
                throw .unreadableAnswer(server: server.base, reason: "\(error)")
            }
        case .busy(let reason, _), .away(let reason, _), .serverError(let reason): said = .nothing(reason: reason)
        case .otherModel(let error), .failed(let error): throw error
        }
    }
}
