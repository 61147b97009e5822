import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI

extension QueueError: AnswerableError {
    /// What waiting for a turn ended with; of an engine that failed the client is told no more than that.
    var answer: ProblemAnswer {
        switch self {
        case .full(let requestTokens, let queuedTokens, let limit, let retryAfter):
            ProblemAnswer(
                .queueFull, "\(queuedTokens) tokens wait, the request has \(requestTokens), the limit is \(limit).",
                ["limit": .integer(limit), "actual": .integer(queuedTokens + requestTokens)],
                fields: ProblemAnswer.retry(retryAfter))
        case .requestTooLarge(let tokens, let limit):
            ProblemAnswer(
                .requestTooLarge, "\(tokens) tokens to score, the limit is \(limit).",
                ProblemAnswer.numbers(limit, tokens))
        case .deadlineExceeded(let retryAfter):
            ProblemAnswer(
                .deadlineExceeded, "What was scored by then is kept: a retry picks it up.",
                fields: ProblemAnswer.retry(retryAfter))
        case .clientGone:
            ProblemAnswer(.requestTimeout, "The client left before its answer.")
        case .shutDown:
            ProblemAnswer(.draining, "The server stops.", fields: ProblemAnswer.retry(.seconds(10)))
        case .tooManyOpenFiles:
            ProblemAnswer(
                .overloaded, "The server has no file descriptor left.", fields: ProblemAnswer.retry(.seconds(1)))
        case .engineFailed(let reason):
            ProblemAnswer(internals: reason)
        case .impossibleLogProb:
            ProblemAnswer(internals: "\(self)")
        case .engine(let fault): fault.answer
        }
    }
}
