import HTTPSockets
import ScoringAPI
import Sequences

extension EngineFault: AnswerableError {
    /// What is told of an engine that computes elsewhere: its operator has to look, the client may come again.
    var answer: ProblemAnswer {
        switch self {
        case .unreachable(_, _, let retryAfter):
            ProblemAnswer(.engineUnreachable, "\(self).", fields: ProblemAnswer.retry(retryAfter), internals: "\(self)")
        case .changed:
            ProblemAnswer(
                .engineChanged, "\(self).", fields: ProblemAnswer.retry(.seconds(60)), internals: "\(self)")
        case .wrongAnswer: ProblemAnswer(.engineAnswer, "\(self).", internals: "\(self)")
        case .unable: ProblemAnswer(.engineUnable, "\(self).")
        }
    }
}
