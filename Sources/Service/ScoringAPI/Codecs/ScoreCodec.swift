/// One form of scoring requests and answers on the wire: everything that is particular to it.
///
/// A form, or a dialect of another system, is one file that makes one of these; a route lists those that it speaks.
package struct ScoreCodec: Sendable {
    /// How a form carries an answer.
    package enum Answer: Sendable {
        /// All results in one body.
        case whole(@Sendable (ScoreRequest, ScoreResponse) -> [UInt8])
        /// Each result as a piece of its own, sent as soon as it is there; a failure among them is the last piece.
        case pieces(@Sendable (ScoreLine) -> [UInt8])
    }

    /// Type of the bodies in this form.
    package let mediaType: MediaType
    /// Reads and checks a posted body, as far as can be told without a model; throws `WireError`, and what the claim throws, which is asked
    /// for the memory that this takes beside the body. nil: requests do not come in this form.
    package let request: (@Sendable ([UInt8], ScoreRoute, MemoryClaim) throws -> ScoreRequest)?
    /// Writes what was scored.
    package let answer: Answer
    /// Writes what is answered in place of scores.
    package let failure: @Sendable (Problem) -> FailureBody

    package init(
        _ mediaType: MediaType, request: (@Sendable ([UInt8], ScoreRoute, MemoryClaim) throws -> ScoreRequest)? = nil,
        answer: Answer, failure: @escaping @Sendable (Problem) -> FailureBody = FailureBody.problem
    ) {
        self.mediaType = mediaType
        self.request = request
        self.answer = answer
        self.failure = failure
    }
}

/// What is answered where a request fails.
package struct FailureBody: Sendable {
    /// HTTP status, 400 to 599: the problem's own, but for a dialect whose clients expect another.
    package var status: Int
    /// Type of the body.
    package var mediaType: MediaType
    /// The body.
    package var bytes: [UInt8]

    package init(status: Int, mediaType: MediaType, bytes: [UInt8]) {
        self.status = status
        self.mediaType = mediaType
        self.bytes = bytes
    }

    /// The problem itself, as RFC 9457 has it: what every route answers that speaks no dialect.
    package static let problem: @Sendable (Problem) -> FailureBody = {
        FailureBody(status: $0.status, mediaType: .problem, bytes: $0.json())
    }
}
