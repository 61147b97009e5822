/// One document of the synthetic corpus.
package struct TaskDocument: Sendable, Equatable {
    /// Kind of text, as the `domain` of a corpus line names it: a problem with its solution, or prose.
    package enum Domain: String, CaseIterable, Sendable { case reasoning, filler }

    /// Whether the document is a problem or filler.
    package let domain: Domain
    /// Name of the problem's family, or `filler`.
    package let family: String
    /// The question with the colon that ends it; empty for filler.
    package let prompt: String
    /// Steps and answer of a problem, or the whole text of filler; ends with a line end.
    package let completion: String
    /// Whether the answer was made wrong on purpose, behind the right steps.
    package let isWrong: Bool

    /// The whole document: the prompt, then the completion, with nothing between.
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

    /// A document whose completion somebody else wrote, up to its first line end.
    ///
    /// - Parameter completion: one that the problem accepts; the steps are the writer's own.
    package init(_ problem: TaskProblem, completion: String) {
        precondition(problem.accepts(completion), "expected a completion with the right answer")
        domain = .reasoning
        family = problem.family
        prompt = problem.prompt
        self.completion = completion.prefix { $0 != "\n" } + "\n"
        isWrong = false
    }

    init(filler text: String) {
        domain = .filler
        family = "filler"
        prompt = ""
        completion = text
        isWrong = false
    }

    /// A JSON line with its line end, for pre-training and annealing: the whole document is one text, all of it scored.
    package var textLine: String {
        "{\"text\": \(JSONText.quoted(text)), \"domain\": \"\(domain.rawValue)\", \"family\": \"\(family)\"}\n"
    }

    /// A JSON line with its line end, for supervised tuning: the prompt is context, the completion is scored.
    package var completionLine: String {
        "{\"prompt\": \(JSONText.quoted(prompt)), \"completion\": \(JSONText.quoted(completion)), "
            + "\"domain\": \"\(domain.rawValue)\", \"family\": \"\(family)\"}\n"
    }
}

/// Texts of `TaskAlphabet` in JSON.
enum JSONText {
    /// The text between quotes: of all characters of the alphabet only the line end needs an escape.
    static func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n") + "\""
    }
}
