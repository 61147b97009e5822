import Reports
import Testing

struct LinearTrendTests {
    /// By scipy.stats.linregress.
    @Test(
        arguments: [
            ([1, 2, 3], [1.23, 1.5, 0.2], -0.515),
            ([0, 0.1, 0.3, 0.5, 0.9], [50.1, 51.2, 50.9, 52.4, 51.7], 1.6640625),
            ([3, 1], [2, 5], -1.5),
        ] as [([Double], [Double], Double)])
    func theSlopeIsThatOfLeastSquares(_ x: [Double], _ y: [Double], _ slope: Double) throws {
        #expect(abs(try #require(LinearTrend.slope(x: x, y: y)) - slope) < 1e-12)
    }

    @Test func onePlaceHasNoSlope() {
        #expect(LinearTrend.slope(x: [2, 2], y: [1, 3]) == nil && LinearTrend.slope(x: [], y: []) == nil)
    }
}
