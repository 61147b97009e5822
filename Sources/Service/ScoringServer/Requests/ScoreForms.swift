import HTTPSockets
import ScoringAPI

/// The forms of one request to score and of its answer, as its head has chosen them.
struct ScoreForms: Sendable {
    private let body: ScoreCodec?
    /// Writes the answer, and what fails while it is written.
    let answer: ScoreCodec

    init(_ codecs: [ScoreCodec], chosenBy request: ServiceRequest) {
        func codec(_ type: MediaType) -> ScoreCodec { codecs.first { $0.mediaType == type } ?? codecs[0] }
        (body, answer) = (codec(request.bodyType), codec(request.answerType))
    }

    /// The form of the answer to a request that has been read already.
    init(answer: ScoreCodec) { (body, self.answer) = (nil, answer) }

    /// Reads the body.
    func decode(_ request: ServiceRequest, for route: ScoreRoute) throws -> ScoreRequest {
        guard let decode = body?.request else {
            preconditionFailure("\(request.bodyType.rawValue) is not among what the route takes")
        }
        return try decode(request.http.body, route, request.claim)
    }
}
