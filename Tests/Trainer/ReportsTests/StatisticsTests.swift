import Reports
import Testing

struct StatisticsTests {
    @Test func deviationIsThatOfTheSample() {
        #expect(Statistics.deviation([1, 3]) == 2.0.squareRoot())
        #expect(Statistics.deviation([1]) == nil)
    }

    /// Student's own example (1908): the gain in hours of sleep of ten patients, drug 2 over drug 1. R's
    /// t.test(extra ~ group, paired = TRUE) gives 1.58 (0.7001142 to 2.4598858).
    @Test func studentsSleepDataHaveTheirInterval() throws {
        let gains = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
        let interval = try #require(Statistics.interval(gains))
        #expect(abs(interval.lowerBound - 0.700_114_2) < 1e-6 && abs(interval.upperBound - 2.459_885_8) < 1e-6)
        // Nine signs count, for one gain is 0: all choices but those two are nearer to zero.
        #expect(SignFlipTest.p(gains) == 2.0 / 512)
    }

    @Test func whatCannotHaveAnIntervalHasNone() {
        #expect(Statistics.interval([]) == nil && Statistics.interval([1]) == nil)
        #expect(Statistics.interval([1, .nan, 2]) == nil && Statistics.interval([1, .infinity]) == nil)
        #expect(Statistics.interval([1e308, -1e308, 1e308]) == nil)
        #expect(Statistics.interval([3, 3, 3]) == 3...3)
    }
}
