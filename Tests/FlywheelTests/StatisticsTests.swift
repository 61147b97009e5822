import Flywheel
import Testing

struct StatisticsTests {
    @Test func deviationIsThatOfTheSample() {
        #expect(Statistics.deviation([1, 3]) == 2.0.squareRoot())
        #expect(Statistics.deviation([1]) == nil)
    }

    /// The mean of n numbers drawn from {0, 1} has a binomial distribution: its 2.5 % and 97.5 % points are known.
    @Test func theBootstrapIsTheDistributionOfResampledMeans() throws {
        let interval = try #require(Statistics.bootstrapInterval([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]))
        #expect(abs(interval.lowerBound - 0.2) < 0.01 && abs(interval.upperBound - 0.8) < 0.01, "\(interval)")
        #expect(Statistics.bootstrapInterval([3, 3, 3]) == 3...3)
        #expect(Statistics.bootstrapInterval([1, 2]) == nil)
    }

    @Test func differencesArePairedByBase() {
        let difference = PairedDifference([1: 0.5, 2: 0.7, 4: 1], to: [2: 0.5, 1: 0.4, 3: 9])
        #expect(difference.differences.count == 2)
        #expect(abs(difference.differences[0] - 0.1) < 1e-12 && abs(difference.differences[1] - 0.2) < 1e-12)
    }

    @Test func wordsSayWhereNothingIsShown() {
        let zero: [UInt64: Double] = [1: 0, 2: 0, 3: 0, 4: 0]
        func words(_ values: [UInt64: Double], _ higherIsBetter: Bool = true) -> String {
            PairedDifference(values, to: zero).words("x", format: { "\($0)" }, higherIsBetter: higherIsBetter)
        }
        #expect(words([1: -1, 2: 1, 3: 2, 4: -1.5]).contains("covers zero: no difference is shown"))
        #expect(words([1: 1, 2: 1, 3: 2, 4: 1.5]).contains(": better, as far as 4 bases tell"))
        #expect(words([1: 1, 2: 1, 3: 2, 4: 1.5], false).contains(": worse, as far as 4 bases tell"))
        #expect(words([1: 1, 2: 1]).contains("Too few bases"))
        #expect(words([7: 1]).contains("no base has both"))
    }
}
