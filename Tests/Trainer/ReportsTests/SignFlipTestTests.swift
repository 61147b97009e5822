import Reports
import Testing

struct SignFlipTestTests {
    /// Every choice of signs in turn, as the definition says.
    private func naive(_ differences: [Double]) -> Double {
        let seen = abs(differences.reduce(0, +))
        let far = (0..<1 << differences.count).count { choice in
            let sum = differences.enumerated().reduce(0) { $0 + (choice >> $1.offset & 1 == 1 ? -1 : 1) * $1.element }
            return abs(sum) >= seen - 1e-9
        }
        return Double(far) / Double(1 << differences.count)
    }

    @Test(arguments: [
        [2.0], [1, 2], [1, -2], [0, 0], [1, 2, 3], [1, 2, -3], [0.1, 0.2, 0.3, -0.4], [3, 1, 4, 1, 5, 9, -2],
        [0.34, 1.43, 0.82, -0.18, 0.55, 0.13], [-5, -4, -3, -2, -1, -1, -1, -1, 2],
    ])
    func isTheShareOfChoices(_ differences: [Double]) throws {
        #expect(SignFlipTest.p(differences) == naive(differences))
        #expect(SignFlipTest.p(differences.map { -$0 }) == naive(differences))
    }

    @Test func sixOfOneSignAreOneInThirtyTwo() {
        #expect(SignFlipTest.p([1, 2, 3, 4, 5, 6]) == 1.0 / 32)
        #expect(SignFlipTest.p([Double](repeating: 0.1, count: 24)) == 1.0 / Double(1 << 23))
    }

    @Test func whatCannotBeTestedIsNot() {
        #expect(SignFlipTest.p([]) == nil && SignFlipTest.p([1, .nan]) == nil && SignFlipTest.p([.infinity]) == nil)
        #expect(SignFlipTest.p([Double](repeating: 1, count: 25)) == nil)
    }
}
