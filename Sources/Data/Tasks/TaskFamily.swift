/// A kind of problem: draws problems, and reads them back from their prompts.
package protocol TaskFamily: Sendable {
    /// Name on the command line, in corpora and in scores; different from that of every other family.
    var name: String { get }

    /// Draws any problem of the family, on whichever side of the split it lies.
    func draw(using random: inout TaskRandom) -> TaskProblem

    /// The problem that a prompt states, or nil where the family has no such prompt. A drawn problem's prompt gives the same
    /// problem back.
    func problem(prompt: String) -> TaskProblem?
}

extension TaskFamily {
    /// Draws a problem of one side of the split: draws until one lies there. It does not end for a family that has none there.
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
