/// `47*6:` `7*6=42;4*6=24;24+4=28;282`: two digits by one; the ones, the tens, the tens with what is carried.
package struct Multiplication: TaskFamily {
    package let name = "multiplication"

    /// Draws a number from 10 to 99 and a factor from 2 to 9.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        make(random.int(in: 10...99), random.int(in: 2...9))
    }

    /// Reads `a*b:`; nil unless a is 10 to 99 and b is 2 to 9, in this order.
    package func problem(prompt: String) -> TaskProblem? {
        guard let (a, b) = PromptReader.operands(of: prompt, operation: "*"), (10...99).contains(a), (2...9).contains(b)
        else { return nil }
        return make(a, b)
    }

    private func make(_ a: Int, _ b: Int) -> TaskProblem {
        let (tens, ones) = (a / 10, a % 10)
        let carry = ones * b / 10
        return TaskProblem(
            family: name, canonical: "\(a)*\(b)", prompt: "\(a)*\(b):",
            steps: [
                "\(ones)*\(b)=\(ones * b)", "\(tens)*\(b)=\(tens * b)",
                "\(tens * b)+\(carry)=\(tens * b + carry)",
            ], answer: "\(a * b)")
    }
}
