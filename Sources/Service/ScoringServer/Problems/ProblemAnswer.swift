import HTTPSockets
import JSONValues
import ScoringAPI

/// An error that a request can end with. Each type of them says in `Problem+<Type>.swift` what is answered, case by case, so that a
/// new case does not compile until it has an answer.
protocol AnswerableError: Error {
    /// What the client is told.
    var answer: ProblemAnswer { get }
}

/// A problem with the fields that go with it, and what only the log may know.
package struct ProblemAnswer {
    package var problem: Problem
    var fields: HTTPFields = [:]
    var internals: String?

    init(
        _ kind: ProblemKind, _ detail: String, _ extensions: JSONObject = [:], fields: HTTPFields = [:],
        internals: String? = nil
    ) {
        problem = Problem(kind, detail: detail, extensions: extensions)
        self.fields = fields
        self.internals = internals
    }

    /// A fault of the server: the client is told where to ask for it.
    ///
    /// - Parameter internals: the cause, for the log.
    init(internals: String) {
        self.init(.internalError, "The cause is in the server's log under this request's id.", internals: internals)
    }

    /// What a request that ended with this error is answered. An error of any other type is nothing that a request should be able to
    /// cause.
    package init(_ error: any Error) {
        self = (error as? any AnswerableError)?.answer ?? ProblemAnswer(internals: "\(error)")
    }
}

extension ProblemAnswer {
    /// The field that says after how long another try may go well: at least a second.
    static func retry(_ after: Duration) -> HTTPFields {
        ["Retry-After": String(max(1, Int((after / .seconds(1)).rounded(.up))))]
    }

    /// A limit and what was over it.
    static func numbers(_ limit: Int, _ actual: Int) -> JSONObject {
        ["limit": .integer(limit), "actual": .integer(actual)]
    }
}
