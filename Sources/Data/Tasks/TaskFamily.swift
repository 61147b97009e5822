/// One kind of problem: draws them, and reads them back from their prompts.
package protocol TaskFamily: Sendable {
    var name: String { get }

    /// Any problem of the family; the split is the caller's business.
    func draw(using random: inout TaskRandom) -> TaskProblem

    /// The problem that a prompt states, or nil where the family has no such prompt. What `draw` gives comes back equal.
    func problem(prompt: String) -> TaskProblem?
}

extension TaskFamily {
    /// A problem of one side of the split.
    package func draw(_ split: TaskSplit, using random: inout TaskRandom) -> TaskProblem {
        while true {
            let problem = draw(using: &random)
            if problem.split == split { return problem }
        }
    }

    /// Whether `completion` answers `prompt`; false where the prompt is not one of the family's.
    package func accepts(prompt: String, completion: String) -> Bool {
        problem(prompt: prompt)?.accepts(completion) ?? false
    }
}
