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
        #expect(SignFlipTest.p([Double](repeating: 1, count: 49)) == nil)
    }

    /// Whole numbers, whose sums can be counted one by one: the counts are those of a table of all sums, made apart.
    @Test(arguments: [
        (30, 7, 3, 23, 8, 222_679_576), (40, 5, 11, 29, 11, 657_790_963_424), (48, 3, 1, 31, 12, 60_757_734_521_232),
    ])
    func manyDifferencesAreCountedExactly(
        _ count: Int, _ square: Int, _ line: Int, _ modulus: Int, _ less: Int, _ far: Int
    ) {
        let differences = (0..<count).map { Double((square * $0 * $0 + line * $0) % modulus - less) }
        let choices = Double(sign: .plus, exponent: count, significand: 1)
        #expect(SignFlipTest.p(differences) == Double(far) / choices)
    }
}
