import JSONValues
import ScoringAPI

extension TeacherLoadError: AnswerableError {
    /// The checkpoint that was to become a teacher: a path that is not allowed, a model that cannot be served or does not fit.
    var answer: ProblemAnswer {
        switch self {
        case .outside: ProblemAnswer(.forbidden, description, ["path": .string("path")])
        case .unusable: ProblemAnswer(.teacherUnusable, description, ["path": .string("path")])
        case .tooLarge(let needed, let inUse, let limit):
            ProblemAnswer(.memoryExceeded, description, ProblemAnswer.numbers(limit, inUse + needed))
        }
    }
}
