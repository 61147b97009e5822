import Foundation
import RandomNumbers
import Reports
import Testing

struct RatioOfMeansTests {
    /// Ends by scipy: the roots in r of ttest_1samp(numerators - r * denominators, 0).pvalue - 0.05, on both sides of the ratio.
    @Test(
        arguments: [
            (
                [2.1, 1.4, 3.3, 0.2, 2.6, 1.9], [4.0, 5.2, 6.1, 3.3, 5.5, 4.4], 0.4035087719298246, 0.2058684070694358,
                0.553010746991945
            ),
            (
                [-1.0, 0.5, 0.3, 2.0], [3.0, 2.5, 4.1, 3.6], 0.13636363636363638, -0.5296546882649834,
                0.7078413081579423
            ),
            ([1.0, 2.0, 4.5], [2.0, 2.2, 2.1], 1.1904761904761905, -0.9769666436944522, 3.249792196520007),
            ([3.2, 2.8], [1.0, 1.1], 2.857142857142857, 0.27221044692266344, 13.362376984162966),
        ] as [([Double], [Double], Double, Double, Double)])
    func theIntervalIsFiellers(_ top: [Double], _ bottom: [Double], _ ratio: Double, _ low: Double, _ high: Double)
        throws
    {
        let found = RatioOfMeans(top, over: bottom)
        let interval = try #require(found.interval)
        #expect(abs(found.ratio - ratio) < 1e-12)
        #expect(abs(interval.lowerBound - low) < 1e-9 && abs(interval.upperBound - high) < 1e-9, "\(interval)")
    }

    /// A gap that may be none has no shares.
    @Test(
        arguments: [
            ([1.0, 2, 3], [1.0, -1, 0.5]), ([1.0], [2.0]), ([], []), ([1.0, .nan, 2], [3.0, 3.1, 3.2]),
            ([1.0, 2], [.infinity, 3]),
        ] as [([Double], [Double])])
    func noRatioOfWhatMayBeZero(_ top: [Double], _ bottom: [Double]) {
        #expect(RatioOfMeans(top, over: bottom).interval == nil)
    }

    /// Numerator and denominator depend on each other, as differences to one baseline do.
    @Test func itCoversAsItSays() {
        var random = SplitMix64(seed: 8)
        func normal() -> Double { (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform()) }
        let experiments = 20_000
        var (given, covered) = (0, 0)
        for _ in 0..<experiments {
            var (top, bottom) = ([Double](), [Double]())
            for _ in 0..<6 {
                let common = normal()
                top.append(2 + common + normal())
                bottom.append(5 + common + 0.5 * normal())
            }
            guard let interval = RatioOfMeans(top, over: bottom).interval else { continue }
            given += 1
            covered += interval.contains(0.4) ? 1 : 0
        }
        #expect(given > experiments * 99 / 100)
        // Three standard errors of a share of 0.95.
        #expect(abs(Double(covered) / Double(given) - 0.95) < 0.0047, "\(covered) of \(given)")
    }
}
