import Scoring
import Sequences

/// What the service itself refuses, before or beside scoring.
package enum ServiceError: Error, Equatable, Sendable {
    case notFound(path: String)
    case methodNotAllowed(method: String, allowed: [String])
    case unauthorized
    /// The key is right and does not allow this; or nobody may do it here.
    case forbidden(String)
    case unsupportedMediaType(got: String, expected: [String])
    case unsupportedContentCoding(got: String)
    case notAcceptable(got: String, offered: [String])
    case invalidHeader(name: String, expected: String)
    case bodyTooLarge(limit: Int, actual: Int)
    case loading
    case draining
    case unknownModel(got: String, known: [String])
    /// The teachers are not in a state for what was asked.
    case teacherConflict(String)
    case teacherNotLoaded(TeacherLoadError)
    case fingerprintMismatch(field: String, expected: String, actual: String)
    case tooManyInputs(limit: Int, actual: Int)
    case requestTooLarge(limit: Int, actual: Int)
    /// More of the likeliest tokens than are given.
    case topKOutOfRange(limit: Int, actual: Int)
    /// More tokens than a request may have, each counted 1 + top_k times.
    case topKTooLarge(tokens: Int, topK: Int, limit: Int)
    /// The key's tokens of this minute are used up.
    case rateLimited(key: String, tokensPerMinute: Int, retryAfter: Duration)
    /// Weights were asked for without student log-probs, and there is no base that could make them.
    case studentMissing(item: Int, weighting: String)
    /// An input's fault, with its place in the request.
    case input(item: Int, SequenceError)
}
