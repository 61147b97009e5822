import Scoring
import Sequences

/// What the service itself refuses, before or beside scoring.
package enum ServiceError: Error, Equatable, Sendable {
    /// No route has the path.
    case notFound(path: String)
    /// The path is served, with other methods.
    case methodNotAllowed(method: String, allowed: [String])
    /// The Authorization field holds no key that the server knows.
    case unauthorized
    /// The key is right and does not allow this; or nobody may do it here.
    case forbidden(String)
    /// The Host field names another machine, as a page's would whose name was made to mean this one.
    case foreignHost(got: String)
    /// The Origin field is that of a page that may not ask here.
    case foreignOrigin(got: String)
    /// All who may compute at once did until the request's deadline.
    case noPermit(retryAfter: Duration)
    /// The deadline of a request for tokens passed before they were known: nothing of them is kept. `limit` is the time that it had,
    /// `taken` what it took until this was noticed.
    case tooLate(limit: Duration, taken: Duration)
    /// The client left while its request waited for its turn.
    case clientGone
    /// A Content-Type that the route does not read.
    case unsupportedMediaType(got: String, expected: [String])
    /// A Content-Encoding other than gzip or zstd, or several.
    case unsupportedContentCoding(got: String)
    /// Accept allows none of the forms that the route can give.
    case notAcceptable(got: String, offered: [String])
    /// A request header's value is not what it must be.
    case invalidHeader(name: String, expected: String, got: String)
    /// Content-Length is over the limit: known before the body comes.
    case bodyTooLarge(limit: Int, actual: Int)
    /// What the body stands for takes more memory than there is for all requests together.
    case bodyTakesTooMuch(limit: Int, actual: Int)
    /// The answer takes more memory than there is for all requests together.
    case answerTakesTooMuch(limit: Int, actual: Int)
    /// Something follows a `?` where nothing of a target but its path is read.
    case optionsInTarget(String)
    /// The models are not loaded yet.
    case loading
    /// The server is about to stop and takes nothing new.
    case draining
    /// No teacher has the name or fingerprint that the request gives as its model.
    case unknownModel(got: String, known: [String])
    /// The teachers are not in a state for what was asked.
    case teacherConflict(String)
    /// The checkpoint that was to become a teacher did not.
    case teacherNotLoaded(TeacherLoadError)
    /// A fingerprint that the request pins is not that of the model it would be answered from.
    case fingerprintMismatch(field: String, expected: String, actual: String)
    /// More inputs than one request may have.
    case tooManyInputs(limit: Int, actual: Int)
    /// More tokens than one request may have.
    case requestTooLarge(limit: Int, actual: Int)
    /// More of the likeliest tokens than are given.
    case topKOutOfRange(field: String, limit: Int, actual: Int)
    /// More tokens than a request may have, each counted once, once for each of its likeliest tokens and once for each temperature.
    case detailTooLarge(what: String, tokens: Int, costPerToken: Int, limit: Int)
    /// Entropy or normalizer is asked of a model whose engine tells no whole distributions.
    case noTemperedScores(model: String, engine: String)
    /// An input as long as a document may be, with a token wanted behind it.
    case noRoomForNext(item: Int, tokens: Int, limit: Int)
    /// The engine gave what no model can. `what` is whose log-prob and its value.
    case impossibleLogProb(item: Int, position: Int, what: String)
    /// The key's tokens of this minute are used up.
    case rateLimited(key: String, tokensPerMinute: Int, retryAfter: Duration)
    /// Weights were asked for without student log-probs, and there is no base that could make them.
    case studentMissing(item: Int, weighting: String)
    /// An input's fault, with its place in the request.
    case input(item: Int, SequenceError)
}
