/// `85%7:` `7*12=84;85-84=1;1`: the largest multiple, then what is left.
package struct Modulus: TaskFamily {
    package let name = "modulus"

    /// Draws a number from 10 to 99 and a divisor from 2 to 9.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make(random.int(in: 10...99), random.int(in: 2...9))
    }

    /// Reads `a%b:`; nil unless a is 10 to 99 and b is 2 to 9.
    package func problem(prompt: String) -> TaskProblem? {
        guard let (a, b) = PromptReader.operands(of: prompt, operation: "%"), (10...99).contains(a),
            (2...9).contains(b)
        else { return nil }
        return make(a, b)
    }

    private func make(_ a: Int, _ b: Int) -> TaskProblem {
        let multiple = a / b * b
        return TaskProblem(
            family: name, canonical: "\(a)%\(b)", prompt: "\(a)%\(b):",
            steps: ["\(b)*\(a / b)=\(multiple)", "\(a)-\(multiple)=\(a - multiple)"], answer: "\(a - multiple)")
    }
}
