/// One document of the synthetic corpus.
package struct TaskDocument: Sendable, Equatable {
    package enum Domain: String, CaseIterable, Sendable { case reasoning, filler }

    package let domain: Domain
    /// The task family's name, or "filler".
    package let family: String
    /// Empty for filler.
    package let prompt: String
    package let completion: String
    /// Whether the answer was made wrong on purpose.
    package let isWrong: Bool

    package var text: String { prompt + completion }

    init(_ problem: TaskProblem) {
        domain = .reasoning
        family = problem.family
        prompt = problem.prompt
        completion = problem.solution
        isWrong = false
    }

    init(wrong problem: TaskProblem, using random: inout TaskRandom) {
        domain = .reasoning
        family = problem.family
        prompt = problem.prompt
        completion = problem.completion(answer: problem.wrongAnswer(using: &random))
        isWrong = true
    }

    init(filler text: String) {
        domain = .filler
        family = "filler"
        prompt = ""
        completion = text
        isWrong = false
    }

    /// A corpus line for pre-training and annealing: the whole document is scored.
    package var textLine: String {
        "{\"text\": \(Self.quoted(text)), \"domain\": \"\(domain.rawValue)\", \"family\": \"\(family)\"}\n"
    }

    /// A corpus line for supervised tuning: the prompt is context.
    package var completionLine: String {
        "{\"prompt\": \(Self.quoted(prompt)), \"completion\": \(Self.quoted(completion)), "
            + "\"domain\": \"\(domain.rawValue)\", \"family\": \"\(family)\"}\n"
    }

    /// Of all characters in `TaskAlphabet` only the line end needs an escape in JSON.
    private static func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n") + "\""
    }
}
