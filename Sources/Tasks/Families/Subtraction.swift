/// `85-47:` `85-40=45;45-7=38;38`: the tens first, then the ones. Never below zero.
package struct Subtraction: TaskFamily {
    package let name = "subtraction"

    package func draw(using random: inout TaskRandom) -> TaskProblem {
        let (a, b) = (random.int(in: 10...99), random.int(in: 10...99))
        return make(max(a, b), min(a, b))
    }

    package func problem(prompt: String) -> TaskProblem? {
        guard let (a, b) = PromptReader.operands(of: prompt, operation: "-"), (10...99).contains(a),
            (10...a).contains(b)
        else { return nil }
        return make(a, b)
    }

    private func make(_ a: Int, _ b: Int) -> TaskProblem {
        let tens = b / 10 * 10
        return TaskProblem(
            family: name, canonical: "\(a)-\(b)", prompt: "\(a)-\(b):",
            steps: ["\(a)-\(tens)=\(a - tens)", "\(a - tens)-\(b % 10)=\(a - b)"], answer: "\(a - b)")
    }
}
