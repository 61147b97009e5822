import HTTPSockets
import Scoring
import ScoringAPI

/// A request on its way through a controller.
package struct ServiceRequest: Sendable {
    /// The request's name in its answer and in the log.
    package let id: RequestID
    /// Head and body, the body's Content-Encoding undone.
    package let http: HTTPRequest
    /// What its head decided.
    let admission: Admission
    /// When the request's last byte had come.
    package let received: ContinuousClock.Instant
    /// When it must be answered, by the server's own limit or the client's, whichever is less.
    package let deadline: ContinuousClock.Instant

    /// The holder of the key that the request came with; nil where no keys are asked for, or the route needs none.
    package var key: APIKeyIdentity? { admission.key }
    var bodyType: MediaType { admission.bodyType }
    var answerType: MediaType { admission.answerType }
    /// What stands in the path where the route has `{name}`.
    var pathParameter: String? { admission.pathParameter }

    /// Sets aside memory that decoding the body takes, until the request is answered.
    ///
    /// - Throws: `ServiceError.bodyTakesTooMuch` where it is more than there is for all requests together,
    ///   `HTTPProtocolError.tooManyBodyBytes` where it is not free now.
    func claim(_ bytes: Int) throws {
        guard bytes <= http.lease.rest else {
            throw ServiceError.bodyTakesTooMuch(limit: http.lease.limit, actual: http.lease.held + bytes)
        }
        try http.lease.claim(bytes)
    }

    /// Looks whether an answer of so many bytes can ever be made: a retry would not help where it cannot.
    ///
    /// - Throws: `ServiceError.answerTakesTooMuch` where it is more than there is for all requests together.
    func checkAnswer(_ bytes: Int) throws(ServiceError) {
        guard bytes <= http.lease.rest else {
            throw .answerTakesTooMuch(limit: http.lease.limit, actual: http.lease.held + bytes)
        }
    }

    /// Sets aside memory that the answer takes; throws as `checkAnswer` and `claim` do.
    func claimAnswer(_ bytes: Int) throws {
        try checkAnswer(bytes)
        try http.lease.claim(bytes)
    }

    /// The body of a route that takes JSON, with the memory claimed that decoding it takes.
    ///
    /// - Parameter memory: what it takes in bytes.
    func json(_ memory: ([UInt8]) -> Int = DecodingMemory.json) throws -> [UInt8] {
        try claim(memory(http.body))
        return http.body
    }

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
}

/// What a controller answers.
package struct ServiceAnswer: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Writes piece after piece, each sent before the call returns; gives what it took. `failure` makes the piece that says what
        /// ended it early.
        case pieces(
            @Sendable (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome,
            failure: @Sendable (Problem) -> [UInt8])
    }

    var status = 200
    var contentType: String
    var body: Body
    /// Fields beside Content-Type and those that every answer has.
    var fields: HTTPFields = [:]
    /// What scoring it took, where something was scored before the answer began.
    var outcome: ScoringOutcome?

    init(contentType: String, body: [UInt8], outcome: ScoringOutcome? = nil) {
        self.contentType = contentType
        self.body = .bytes(body)
        self.outcome = outcome
    }

    init(
        contentType: String, failure: @escaping @Sendable (Problem) -> [UInt8],
        pieces: @escaping @Sendable (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome
    ) {
        self.contentType = contentType
        body = .pieces(pieces, failure: failure)
    }
}

extension ServiceAnswer {
    static func json(_ body: [UInt8], status: Int = 200) -> ServiceAnswer {
        var answer = ServiceAnswer(contentType: MediaType.json.rawValue, body: body)
        answer.status = status
        return answer
    }
}
