/// How a student's distribution is compared with a teacher's, each softmax(logits / T): q the teacher's, p the student's.
package struct Divergence: Sendable, Equatable {
    /// Which distribution the expectation is under.
    package enum Direction: String, Sendable, CaseIterable, Codable {
        /// KL(q || p), the sum of q (log q - log p): the student covers whatever the teacher may say.
        case forward
        /// KL(p || q), the sum of p (log p - log q): the student says nothing that the teacher would not.
        case reverse
    }

    /// Which distribution comes first.
    package let direction: Direction
    /// T, above 0.
    package let temperature: Double

    /// - Parameter temperature: a finite number above 0.
    package init(_ direction: Direction = .forward, temperature: Double = 1) {
        precondition(temperature > 0 && temperature.isFinite, "a distribution has a temperature above 0")
        self.direction = direction
        self.temperature = temperature
    }
}

extension Divergence: CustomStringConvertible {
    /// For people: `KL(student || teacher) at temperature 2`.
    package var description: String {
        (direction == .forward ? "KL(teacher || student)" : "KL(student || teacher)")
            + (temperature == 1 ? "" : " at temperature \(temperature)")
    }
}
