import Corpora
import Tasks

/// Prompts without end, each a function of its place: no state to save.
package protocol PromptSource: Sendable {
    /// Prompt at a place of the endless list, from 0; the same whenever it is asked for.
    func prompt(at index: Int) -> PromptRecord
    /// Name of the list, which changes where a prompt does. A resumed run must have the same.
    var fingerprint: String { get }
}

/// Problems of the task families, from the training split, without end.
package struct TaskPrompts: PromptSource {
    private let stream: TaskStream
    private let names: String

    /// Problems of the families named: one is as likely as another, and twice as likely where it is named twice.
    ///
    /// - Throws: `TaskError` for a name that is no family's, or where there is none.
    package init(families: [String], seed: UInt64) throws {
        stream = TaskStream(try TaskMix(families: families), seed: seed)
        names = families.joined(separator: ",")
    }

    /// Prompt of the problem at a place, a function of families, seed and place.
    package func prompt(at index: Int) -> PromptRecord { PromptRecord(text: stream.problem(at: index).prompt) }

    /// Families and seed in words, as they decide every problem.
    package var fingerprint: String { "tasks \(names), seed \(stream.seed)" }
}
