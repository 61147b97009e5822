/// A question with one right answer, and the way there.
///
/// The document is `prompt`, then the completion: the steps and the answer, divided by `;` and ended by a line end.
///
///     47+85:7+5=12;4+8+1=13;132
package struct TaskProblem: Hashable, Sendable {
    /// Name of the family that made the problem, as in `TaskFamilies.names`.
    package let family: String
    /// Text that is equal for problems of a family that ask the same in another order: `47+85` for the prompts `47+85:` and
    /// `85+47:`. With the family it decides the split.
    package let canonical: String
    /// The question with the colon that ends it: `47+85:`.
    package let prompt: String
    /// Worked steps before the answer, in order; empty in families that answer at once (sorting, reversal, brackets, shift).
    package let steps: [String]
    /// The right answer as it must be written, without steps and line end: `132`.
    package let answer: String

    /// Side of the split on which the problem lies, whoever drew it: training or held out.
    package var split: TaskSplit { TaskSplit(family: family, canonical: canonical) }

    /// The right completion, worked: steps and answer divided by `;`, then a line end.
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
