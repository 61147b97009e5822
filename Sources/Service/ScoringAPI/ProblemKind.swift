/// Every problem that the service reports, by its stable name. Statuses and titles are in `status` and `title`.
package enum ProblemKind: String, CaseIterable, Sendable {
    /// HTTP that breaks the protocol's rules: a bad request line, field or chunk.
    case badRequest = "bad-request"
    case malformedJSON = "malformed-json"
    case malformedSafetensors = "malformed-safetensors"
    case malformedContentCoding = "malformed-content-coding"
    /// Well-formed JSON or safetensors, or a header, with a field that is unknown, missing or out of range.
    case invalidField = "invalid-field"
    case unauthorized = "unauthorized"
    /// An admin's action without an admin's key, or a path outside the server's --models-dir.
    case forbidden = "forbidden"
    /// A page of another origin, or a Host that names another machine, where neither is allowed.
    case foreignOrigin = "foreign-origin"
    case notFound = "not-found"
    /// Neither a name nor a model fingerprint of a teacher that is ready.
    case unknownModel = "unknown-model"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    /// The request came too slowly, or its client left before the answer.
    case requestTimeout = "request-timeout"
    /// A pinned fingerprint differs from that of the model chosen; the answer has both.
    case fingerprintMismatch = "fingerprint-mismatch"
    /// A teacher is being loaded, has that name already, is the default or is not ready, or as many are listed as may be.
    case teacherConflict = "teacher-conflict"
    case bodyTooLarge = "body-too-large"
    case tooManyInputs = "too-many-inputs"
    /// Too many tokens in all, too many of the likeliest tokens, a text too long to tokenize, or more than the queue ever takes.
    case requestTooLarge = "request-too-large"
    /// A document longer than the models or the server's limit allow. Nothing is cut.
    case sequenceTooLong = "sequence-too-long"
    case targetTooLong = "target-too-long"
    case unsupportedMediaType = "unsupported-media-type"
    case unsupportedContentCoding = "unsupported-content-coding"
    case expectationFailed = "expectation-failed"
    /// An input that can be read but not scored: an id outside the vocabulary, starts out of order, log-probs that cannot be.
    case invalidInput = "invalid-input"
    /// The weighting needs student log-probs, none were posted, and the server holds no base.
    case studentMissing = "student-missing"
    case teacherUnusable = "teacher-unusable"
    case memoryExceeded = "memory-exceeded"
    /// No room beside the tokens that wait. Retry-After says when there may be.
    case queueFull = "queue-full"
    case rateLimited = "rate-limited"
    case headersTooLarge = "headers-too-large"
    /// A fault of the server. Its cause is in the log under the request's id, not in the answer.
    case internalError = "internal"
    /// The models, or the teacher asked for, are not loaded yet.
    case loading = "loading"
    /// The server finishes what it has and stops.
    case draining = "draining"
    /// No connection, memory or file descriptor is left for the request.
    case overloaded = "overloaded"
    /// The request's deadline passed first. What was scored by then is kept, so that a retry goes on from there; of a text's tokens
    /// nothing is.
    case deadlineExceeded = "deadline-exceeded"
    case versionNotSupported = "version-not-supported"
    /// The engine behind the server (vLLM, SGLang) cannot give what was asked for: so many of the likeliest tokens, or numbers of whole
    /// distributions.
    case engineUnable = "engine-unable"
    /// The engine behind the server answered what cannot be right.
    case engineAnswer = "engine-answer"
    /// No engine behind the server answers.
    case engineUnreachable = "engine-unreachable"
    /// Another model answers behind the engine's URL than the one whose scores are kept.
    case engineChanged = "engine-changed"

    private static let typePrefix = "urn:remit:problem:"

    /// The problem's `type`: an absolute URI that is a name and leads nowhere.
    package var type: String { Self.typePrefix + rawValue }

    /// The kind that a problem's `type` names; nil for another service's, or for one of a later version.
    package init?(type: String) {
        guard type.hasPrefix(Self.typePrefix) else { return nil }
        self.init(rawValue: String(type.dropFirst(Self.typePrefix.count)))
    }

    /// HTTP status of an answer of this kind. 408, 429 and 503 may go well another time.
    package var status: Int {
        switch self {
        case .badRequest, .malformedJSON, .malformedSafetensors, .malformedContentCoding, .invalidField: 400
        case .unauthorized: 401
        case .forbidden, .foreignOrigin: 403
        case .notFound, .unknownModel: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .fingerprintMismatch, .teacherConflict: 409
        case .bodyTooLarge, .tooManyInputs, .requestTooLarge, .sequenceTooLong: 413
        case .targetTooLong: 414
        case .unsupportedMediaType, .unsupportedContentCoding: 415
        case .expectationFailed: 417
        case .invalidInput, .studentMissing, .teacherUnusable, .memoryExceeded, .engineUnable: 422
        case .queueFull, .rateLimited: 429
        case .headersTooLarge: 431
        case .internalError: 500
        case .engineAnswer: 502
        case .loading, .draining, .overloaded, .deadlineExceeded, .engineUnreachable, .engineChanged: 503
        case .versionNotSupported: 505
        }
    }

    /// Kind of problem in a few words for people, the same for every occurrence.
    package var title: String {
        switch self {
        case .badRequest: "The request cannot be understood"
        case .malformedJSON: "The body is not valid JSON"
        case .malformedSafetensors: "The body is not valid safetensors"
        case .malformedContentCoding: "The body is not what its Content-Encoding says"
        case .invalidField: "A field is not as the contract says"
        case .unauthorized: "A valid API key is needed"
        case .forbidden: "The API key does not allow this"
        case .foreignOrigin: "Pages of that origin, or requests for that host, are not answered"
        case .notFound: "There is nothing at this path"
        case .unknownModel: "No model of that name or fingerprint is loaded"
        case .methodNotAllowed: "The path does not take this method"
        case .notAcceptable: "The answer has no form that the client accepts"
        case .requestTimeout: "The request did not arrive in time"
        case .fingerprintMismatch: "The model or tokenizer is not the one asked for"
        case .teacherConflict: "The teachers are not in a state for this"
        case .bodyTooLarge: "The body is too large"
        case .tooManyInputs: "Too many inputs in one request"
        case .requestTooLarge: "The request asks for too much"
        case .sequenceTooLong: "A sequence is too long"
        case .targetTooLong: "The request target is too long"
        case .unsupportedMediaType: "The body is of a type that is not taken here"
        case .unsupportedContentCoding: "The body is coded in a way that is not taken here"
        case .expectationFailed: "The expectation cannot be met"
        case .invalidInput: "An input cannot be scored"
        case .studentMissing: "Weights need student log-probs or a base model"
        case .teacherUnusable: "The checkpoint cannot be served"
        case .memoryExceeded: "The model does not fit into the memory that is allowed"
        case .queueFull: "The queue is full"
        case .rateLimited: "The API key's token rate is used up"
        case .headersTooLarge: "The header is too large"
        case .internalError: "The server failed"
        case .loading: "The model is still being loaded"
        case .draining: "The server is shutting down"
        case .overloaded: "The server has too much to do"
        case .deadlineExceeded: "The request was not scored before its deadline"
        case .versionNotSupported: "The HTTP version is not supported"
        case .engineUnable: "The engine cannot give what was asked for"
        case .engineAnswer: "The engine gave an answer that cannot be right"
        case .engineUnreachable: "The engine cannot be reached"
        case .engineChanged: "The engine serves another model than it did"
        }
    }
}
