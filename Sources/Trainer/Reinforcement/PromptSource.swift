import Tasks

/// Prompts without end, each a function of its place: no state to save.
package protocol PromptSource: Sendable {
    func prompt(at index: Int) -> String
    /// Changes where a prompt does.
    var fingerprint: String { get }
}

/// Problems of the task families, training split.
package struct TaskPrompts: PromptSource {
    private let stream: TaskStream
    private let names: String

    /// - Parameter families: names, one as likely as another.
    package init(families: [String], seed: UInt64) throws {
        stream = TaskStream(try TaskMix(families: families), seed: seed)
        names = families.joined(separator: ",")
    }

    package func prompt(at index: Int) -> String { stream.problem(at: index).prompt }

    package var fingerprint: String { "tasks \(names), seed \(stream.seed)" }
}
