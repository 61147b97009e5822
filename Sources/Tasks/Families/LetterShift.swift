/// `shift 3 hello:` `khoor`: each letter so many places on, after z comes a. Three to seven letters, one to five places.
package struct LetterShift: TaskFamily {
    package let name = "shift"

    package func draw(using random: inout TaskRandom) -> TaskProblem {
        let places = random.int(in: 1...5)
        return make(places, PromptReader.letters(random.int(in: 3...7), of: 26, using: &random))
    }

    package func problem(prompt: String) -> TaskProblem? {
        guard let argument = PromptReader.argument(of: prompt, word: "shift") else { return nil }
        let parts = argument.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let places = PromptReader.number(parts[0]), (1...5).contains(places),
            PromptReader.isWord(parts[1], 3...7, of: 26)
        else { return nil }
        return make(places, String(parts[1]))
    }

    private func make(_ places: Int, _ word: String) -> TaskProblem {
        let a = UInt8(ascii: "a")
        let shifted = word.utf8.map { a + ($0 - a + UInt8(places)) % 26 }
        return TaskProblem(
            family: name, canonical: "\(places) \(word)", prompt: "shift \(places) \(word):", steps: [],
            answer: String(decoding: shifted, as: UTF8.self))
    }
}
