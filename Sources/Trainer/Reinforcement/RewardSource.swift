import System
import Tasks
import Training

/// A completion as it is judged.
package struct Attempt: Sendable, Equatable {
    /// Prompt that the completion continues, as text.
    package let prompt: String
    /// Text of the completion, without the token that ended it.
    package let completion: String

    package init(prompt: String, completion: String) {
        self.prompt = prompt
        self.completion = completion
    }
}

/// A judge of completions: one finite number for each.
package protocol RewardSource: Sendable {
    /// Rewards of a step's completions, one finite number each, in their order.
    ///
    /// - Parameter stop: a judge that waits ends with `TrainingError.interrupted` as soon as it is requested.
    func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double]
}

/// A judge that gives 1 for the right answer to a problem of the task families, 0 for any other.
package struct TaskRewards: RewardSource {
    private let families: [any TaskFamily]

    /// Judges problems of the families named.
    ///
    /// - Throws: `TaskError.unknownFamily`.
    package init(families: [String]) throws {
        self.families = try families.map { name in try TaskFamilies.named(name) }
    }

    /// Why completions of a prompt cannot be judged, as the predicate of a sentence; nil where they can.
    package func fault(_ prompt: String) -> String? {
        families.contains { $0.problem(prompt: prompt) != nil }
            ? nil
            : "is no problem of \(families.map(\.name).joined(separator: ", ")): only a command given as --reward can judge it"
    }

    /// Judges each completion by the family whose problem its prompt states; does not wait, so `stop` is not read.
    ///
    /// - Throws: `ReinforcementError.notATask` for a prompt that is no problem of the families.
    package func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double] {
        try attempts.map { attempt in
            for family in families {
                guard let problem = family.problem(prompt: attempt.prompt) else { continue }
                return problem.accepts(attempt.completion) ? 1 : 0
            }
            throw ReinforcementError.notATask(prompt: attempt.prompt, families: families.map(\.name))
        }
    }
}
