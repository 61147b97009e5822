/// `47+85:` `7+5=12;4+8+1=13;132`: the ones, the tens with what is carried, both.
package struct Addition: TaskFamily {
    package let name = "addition"

    /// Draws two numbers, each from 10 to 99.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make(random.int(in: 10...99), random.int(in: 10...99))
    }

    /// Reads `a+b:`; nil unless both numbers are 10 to 99.
    package func problem(prompt: String) -> TaskProblem? {
        guard let (a, b) = PromptReader.operands(of: prompt, operation: "+"), (10...99).contains(a),
            (10...99).contains(b)
        else { return nil }
        return make(a, b)
    }

    private func make(_ a: Int, _ b: Int) -> TaskProblem {
        let ones = a % 10 + b % 10
        let (x, y, carry) = (a / 10, b / 10, ones / 10)
        return TaskProblem(
            family: name, canonical: "\(min(a, b))+\(max(a, b))", prompt: "\(a)+\(b):",
            steps: ["\(a % 10)+\(b % 10)=\(ones)", "\(x)+\(y)+\(carry)=\(x + y + carry)"], answer: "\(a + b)")
    }
}
