/// `count a in abcab:` `a1b1c1a2b2;2`: the word with the count so far, then the count. Three to six letters from a to d.
package struct Counting: TaskFamily {
    package let name = "counting"

    /// Draws a letter from a to d and a word of three to six such letters; the letter need not be in the word.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        let letter = PromptReader.letters(1, of: 4, using: &random)
        return make(letter, PromptReader.letters(random.int(in: 3...6), of: 4, using: &random))
    }

    /// Reads `count a in abcab:`; nil unless the letter is a to d and the word three to six such letters.
    package func problem(prompt: String) -> TaskProblem? {
        guard let argument = PromptReader.argument(of: prompt, word: "count") else { return nil }
        let parts = argument.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "in", PromptReader.isWord(parts[0], 1...1, of: 4),
            PromptReader.isWord(parts[2], 3...6, of: 4)
        else { return nil }
        return make(String(parts[0]), String(parts[2]))
    }

    private func make(_ letter: String, _ word: String) -> TaskProblem {
        var count = 0
        let marked = word.map { character in
            if String(character) == letter { count += 1 }
            return "\(character)\(count)"
        }
        return TaskProblem(
            family: name, canonical: "\(letter) \(word)", prompt: "count \(letter) in \(word):",
            steps: [marked.joined()], answer: "\(count)")
    }
}
