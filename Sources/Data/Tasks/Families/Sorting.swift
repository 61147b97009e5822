/// `sort 7391:` `1379`: three to five digits, the smallest first.
package struct Sorting: TaskFamily {
    package let name = "sorting"

    /// Draws three to five digits from 0 to 9, the same more than once and in order already included.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make((0..<random.int(in: 3...5)).map { _ in random.int(in: 0...9) })
    }

    /// Reads `sort 7391:`; nil unless three to five digits follow the word.
    package func problem(prompt: String) -> TaskProblem? {
        guard let text = PromptReader.argument(of: prompt, word: "sort"), (3...5).contains(text.utf8.count) else {
            return nil
        }
        let digits = text.utf8.map { Int($0) - 48 }
        return digits.allSatisfy { (0...9).contains($0) } ? make(digits) : nil
    }

    private func make(_ digits: [Int]) -> TaskProblem {
        let text = digits.map(String.init).joined()
        return TaskProblem(
            family: name, canonical: text, prompt: "sort \(text):", steps: [],
            answer: digits.sorted().map(String.init).joined())
    }
}
