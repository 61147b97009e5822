import Foundation
import Reports
import Testing

struct StudentTTests {
    /// Of 95 % and 99 %, as R's qt(0.975, nu) and qt(0.995, nu) and the printed tables have them.
    @Test(arguments: [
        (1, 12.706205, 63.656741), (2, 4.302653, 9.924843), (3, 3.182446, 5.840909), (4, 2.776445, 4.604095),
        (5, 2.570582, 4.032143), (6, 2.446912, 3.707428), (7, 2.364624, 3.499483), (9, 2.262157, 3.249836),
        (10, 2.228139, 3.169273), (20, 2.085963, 2.845340), (30, 2.042272, 2.749996), (120, 1.979930, 2.617421),
    ])
    func factorsAreThoseOfTheTables(_ degrees: Int, _ at95: Double, _ at99: Double) {
        for (share, expected) in [(0.95, at95), (0.99, at99)] {
            let factor = StudentT.factor(share: share, degreesOfFreedom: degrees)
            #expect(abs(factor - expected) < 6e-7 * max(1, expected), "\(degrees), \(share): \(factor)")
        }
    }

    /// With one degree of freedom it is Cauchy's distribution, with two a closed form, with many the normal one.
    @Test func knownDistributionsAreSpecialCases() {
        for t in [0, 0.3, 1, 2.5, 40] {
            #expect(abs(StudentT.probability(within: t, degreesOfFreedom: 1) - 2 / .pi * atan(t)) < 1e-15)
            #expect(abs(StudentT.probability(within: t, degreesOfFreedom: 2) - t / (2 + t * t).squareRoot()) < 1e-15)
            #expect(
                abs(StudentT.probability(within: t, degreesOfFreedom: 1_000_000) - erf(t / 2.0.squareRoot())) < 1e-6)
        }
    }
}
