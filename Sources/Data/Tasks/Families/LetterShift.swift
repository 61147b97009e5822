/// `shift 2 hide:` `jafg`: each letter so many places on, after j comes a. Three to five letters from a to j, one to three places.
package struct LetterShift: TaskFamily {
    package let name = "shift"

    private static let alphabet = 10

    /// Draws one to three places and a word of three to five letters from a to j.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        let places = random.int(in: 1...3)
        return make(places, PromptReader.letters(random.int(in: 3...5), of: Self.alphabet, using: &random))
    }

    /// Reads `shift 2 hide:`; nil unless it shifts by 1 to 3 places a word of three to five letters from a to j.
    package func problem(prompt: String) -> TaskProblem? {
        guard let argument = PromptReader.argument(of: prompt, word: "shift") else { return nil }
        let parts = argument.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let places = PromptReader.number(parts[0]), (1...3).contains(places),
            PromptReader.isWord(parts[1], 3...5, of: Self.alphabet)
        else { return nil }
        return make(places, String(parts[1]))
    }

    private func make(_ places: Int, _ word: String) -> TaskProblem {
        let a = UInt8(ascii: "a")
        let shifted = word.utf8.map { a + ($0 - a + UInt8(places)) % UInt8(Self.alphabet) }
        return TaskProblem(
            family: name, canonical: "\(places) \(word)", prompt: "shift \(places) \(word):", steps: [],
            answer: String(decoding: shifted, as: UTF8.self))
    }
}
