/// `turn bagce:` `ecgab`: three to five letters from a to h, from back to front.
package struct Reversal: TaskFamily {
    package let name = "reversal"

    /// Draws three to five letters from a to h.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make(PromptReader.letters(random.int(in: 3...5), of: 8, using: &random))
    }

    /// Reads `turn bagce:`; nil unless three to five letters from a to h follow the word.
    package func problem(prompt: String) -> TaskProblem? {
        guard let text = PromptReader.argument(of: prompt, word: "turn"), PromptReader.isWord(text, 3...5, of: 8)
        else {
            return nil
        }
        return make(String(text))
    }

    private func make(_ text: String) -> TaskProblem {
        TaskProblem(
            family: name, canonical: text, prompt: "turn \(text):", steps: [], answer: String(text.reversed()))
    }
}
