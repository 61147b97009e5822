import ScoringAPI

extension WireError: AnswerableError {
    /// A body that cannot be read; the kind and its members are the wire's own.
    var answer: ProblemAnswer { ProblemAnswer(kind, description, extensions) }
}
