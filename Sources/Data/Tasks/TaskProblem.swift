/// A question with one right answer, and the way there.
///
/// The document is `prompt`, then the completion: the steps and the answer, divided by `;` and ended by a line end.
///
///     47+85:7+5=12;4+8+1=13;132
package struct TaskProblem: Hashable, Sendable {
    package let family: String
    /// Equal for problems that ask the same in other words or another order.
    package let canonical: String
    package let prompt: String
    /// May be empty.
    package let steps: [String]
    package let answer: String

    package var split: TaskSplit { TaskSplit(family: family, canonical: canonical) }

    /// The worked completion.
    package var solution: String { completion(answer: answer) }

    /// The steps as they are, then another answer.
    func completion(answer: String) -> String { (steps + [answer]).joined(separator: ";") + "\n" }

    /// Whether the first line of `completion` is whole and ends with the right answer. The steps are the writer's own: only what
    /// they lead to is judged. What follows the line end is ignored.
    package func accepts(_ completion: String) -> Bool {
        let text = completion.utf8
        guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return false }
        let line = text[..<end]
        let start = line.lastIndex(of: UInt8(ascii: ";")).map { line.index(after: $0) } ?? line.startIndex
        return line[start...].elementsEqual(answer.utf8)
    }

    /// An answer of the right form that is wrong: one character is another of its kind.
    func wrongAnswer(using random: inout TaskRandom) -> String {
        var characters = Array(answer)
        let at = random.int(in: 0...characters.count - 1)
        let kinds = ["0123456789", "abcdefghijklmnopqrstuvwxyz", ")]}>"].map(Array.init)
        let kind = kinds.first { $0.contains(characters[at]) } ?? kinds[0]
        // A number of several digits does not begin with 0.
        let isLeading = at == 0 && characters.count > 1 && kind.first == "0"
        characters[at] = random.element(of: kind.filter { $0 != characters[at] && !(isLeading && $0 == "0") })
        return String(characters)
    }
}
