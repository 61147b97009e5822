import HTTPSockets
import Scoring
import ScoringAPI

/// A request on its way through a controller.
package struct ServiceRequest: Sendable {
    /// The request's name in its answer and in the log.
    package let id: RequestID
    /// Head and body, the body's Content-Encoding undone.
    package let http: HTTPRequest
    /// The route that its path and method chose.
    package let route: Route
    /// The holder of the key that the request came with; nil where no keys are asked for, or the route needs none.
    package let key: APIKeyIdentity?
    /// When the request's last byte had come.
    package let received: ContinuousClock.Instant

    var bodyType: MediaType { get throws { try ContentNegotiation.bodyType(of: http.head, for: route) } }
    var answerType: MediaType { get throws { try ContentNegotiation.answerType(of: http.head, for: route) } }

    /// What stands in the path where the route has `{name}`.
    var pathParameter: String? { route.parameter(of: http.head.path) }

    /// The connection, as the queue wants to watch it.
    var caller: CallerWatch {
        CallerWatch { [connection = http.connection] descriptor, deadline in
            switch connection.wait(forReadable: descriptor, until: deadline) {
            case .ready: .ready
            case .clientGone: .callerGone
            case .timedOut: .deadlinePassed
            }
        }
    }

    /// The server's own time limit, or the client's where that is shorter.
    func deadline(limit: Duration) throws -> ContinuousClock.Instant {
        guard let text = http.head.headers["X-Request-Timeout"] else { return received + limit }
        guard let seconds = Double(text), (0.001...86_400).contains(seconds) else {
            throw ServiceError.invalidHeader(name: "X-Request-Timeout", expected: "seconds, from 0.001 to 86400")
        }
        return received + min(limit, .seconds(seconds))
    }
}

/// What a controller answers.
package struct ServiceAnswer: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Writes piece after piece, each sent before the call returns; gives what it took.
        case pieces(@Sendable (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome)
    }

    var status = 200
    var contentType: String
    var body: Body
    /// What scoring it took, where something was scored before the answer began.
    var outcome: ScoringOutcome?

    init(contentType: String, body: [UInt8], outcome: ScoringOutcome? = nil) {
        self.contentType = contentType
        self.body = .bytes(body)
        self.outcome = outcome
    }

    init(
        contentType: String, pieces: @escaping @Sendable (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome
    ) {
        self.contentType = contentType
        body = .pieces(pieces)
    }
}

extension ServiceAnswer {
    static func json(_ body: [UInt8], status: Int = 200) -> ServiceAnswer {
        var answer = ServiceAnswer(contentType: MediaType.json.rawValue, body: body)
        answer.status = status
        return answer
    }
}
