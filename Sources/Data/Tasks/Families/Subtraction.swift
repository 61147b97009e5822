/// `85-47:` `15-7=8;7-4=3;38`: the ones, with ten borrowed where they need it, then the tens. Never below zero.
package struct Subtraction: TaskFamily {
    package let name = "subtraction"

    /// Draws two numbers, each from 10 to 99, and takes the smaller from the larger.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        let (a, b) = (random.int(in: 10...99), random.int(in: 10...99))
        return make(max(a, b), min(a, b))
    }

    /// Reads `a-b:`; nil unless 10 <= b <= a <= 99.
    package func problem(prompt: String) -> TaskProblem? {
        guard let (a, b) = PromptReader.operands(of: prompt, operation: "-"), (10...99).contains(a),
            (10...a).contains(b)
        else { return nil }
        return make(a, b)
    }

    private func make(_ a: Int, _ b: Int) -> TaskProblem {
        let borrowed = a % 10 < b % 10 ? 1 : 0
        let (ones, tens) = (a % 10 + 10 * borrowed, a / 10 - borrowed)
        return TaskProblem(
            family: name, canonical: "\(a)-\(b)", prompt: "\(a)-\(b):",
            steps: ["\(ones)-\(b % 10)=\(ones - b % 10)", "\(tens)-\(b / 10)=\(tens - b / 10)"], answer: "\(a - b)")
    }
}
