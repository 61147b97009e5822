import System
import Tasks
import Training

/// A completion as it is judged.
package struct Attempt: Sendable, Equatable {
    /// Prompt that the completion continues, as text.
    package let prompt: String
    /// Text of the completion, without the token that ended it.
    package let completion: String
    /// Whether the model ended it; else it was cut at its longest.
    package let isFinished: Bool
    /// Ids of the completion as they were drawn, the one that ended it included.
    package let tokenIDs: [Int32]
    /// What the prompt's line says besides, as the text of a JSON object; nil where that is nothing.
    package let fields: [UInt8]?

    package init(
        prompt: String, completion: String, isFinished: Bool = true, tokenIDs: [Int32] = [], fields: [UInt8]? = nil
    ) {
        self.prompt = prompt
        self.completion = completion
        self.isFinished = isFinished
        self.tokenIDs = tokenIDs
        self.fields = fields
    }
}

/// A judge of completions: one finite number for each, or none.
package protocol RewardSource: Sendable {
    /// Rewards of a step's completions, one finite number each, in their order; nil for one of which it can say nothing.
    ///
    /// - Parameter stop: a judge that waits ends with `TrainingError.interrupted` as soon as it is requested.
    func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?]
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
    package func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?] {
        try attempts.map { attempt in
            for family in families {
                guard let problem = family.problem(prompt: attempt.prompt) else { continue }
                return problem.accepts(attempt.completion) ? 1 : 0
            }
            throw ReinforcementError.notATask(prompt: attempt.prompt, families: families.map(\.name))
        }
    }
}
