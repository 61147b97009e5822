/// `max 47 85 12:` `47 85 85;85`: the largest so far, then the largest. Three or four numbers of two digits.
package struct Maximum: TaskFamily {
    package let name = "maximum"

    /// Draws three or four numbers, each from 10 to 99.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make((0..<random.int(in: 3...4)).map { _ in random.int(in: 10...99) })
    }

    /// Reads `max 47 85 12:`; nil unless three or four numbers from 10 to 99 follow the word, a single space before each.
    package func problem(prompt: String) -> TaskProblem? {
        guard let argument = PromptReader.argument(of: prompt, word: "max") else { return nil }
        let parts = argument.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = parts.compactMap(PromptReader.number)
        guard (3...4).contains(numbers.count), numbers.count == parts.count, numbers.allSatisfy((10...99).contains)
        else {
            return nil
        }
        return make(numbers)
    }

    /// The same numbers in another order are the same problem.
    private func make(_ numbers: [Int]) -> TaskProblem {
        var largest = 0
        let soFar = numbers.map { number in
            largest = max(largest, number)
            return String(largest)
        }
        return TaskProblem(
            family: name, canonical: numbers.sorted().map(String.init).joined(separator: " "),
            prompt: "max \(numbers.map(String.init).joined(separator: " ")):", steps: [soFar.joined(separator: " ")],
            answer: "\(largest)")
    }
}
