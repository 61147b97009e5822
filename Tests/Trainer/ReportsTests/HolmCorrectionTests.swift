import Reports
import Testing

struct HolmCorrectionTests {
    /// As R's p.adjust(p, "holm") and statsmodels' multipletests(p, method="holm") have them.
    @Test(
        arguments: [
            ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
            ([0.001, 0.008, 0.039, 0.041, 0.042, 0.06], [0.006, 0.04, 0.156, 0.156, 0.156, 0.156]),
            ([0.5, 0.6, 0.9], [1, 1, 1]), ([0.02], [0.02]), ([0.02, 0.02], [0.04, 0.04]), ([], []),
        ] as [([Double], [Double])])
    func adjustedAsElsewhere(_ ps: [Double], _ expected: [Double]) {
        let adjusted = HolmCorrection.adjusted(ps)
        #expect(adjusted.count == expected.count)
        for (got, wanted) in zip(adjusted, expected) { #expect(abs(got - wanted) < 1e-12, "\(adjusted)") }
    }

    @Test func theOrderIsTheCallers() {
        let (one, other) = (HolmCorrection.adjusted([0.3, 0.001, 0.02]), HolmCorrection.adjusted([0.02, 0.3, 0.001]))
        #expect(one == [other[1], other[2], other[0]])
    }
}
