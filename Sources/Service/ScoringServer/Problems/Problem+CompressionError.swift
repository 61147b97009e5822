import Compression
import HTTPSockets
import ScoringAPI

extension CompressionError: AnswerableError {
    /// A body that is not what its Content-Encoding says, or too large once it is undone.
    var answer: ProblemAnswer {
        switch self {
        case .outputLimit(_, let limit, let produced, _):
            ProblemAnswer(.bodyTooLarge, "\(self)", ProblemAnswer.numbers(limit, produced))
        case .windowLimit, .truncated, .notCompressed,
            .trailingGarbage, .corrupt:
            ProblemAnswer(.malformedContentCoding, "\(self)")
        case .outOfMemory:
            ProblemAnswer(.overloaded, "\(self)", fields: ProblemAnswer.retry(.seconds(1)))
        }
    }
}
