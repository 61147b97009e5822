import Scoring
import Testing

@Suite struct ThroughputMeterTests {
    @Test func startsUnknown() { #expect(ThroughputMeter().tokensPerSecond == nil) }

    @Test func weighsBatchesByTheirTime() throws {
        var meter = ThroughputMeter()
        meter.record(tokens: 10, in: .milliseconds(100))
        meter.record(tokens: 1_000, in: .seconds(1))
        let rate = try #require(meter.tokensPerSecond)
        #expect(abs(rate - 1_010 / 1.1) < 5)
    }

    @Test func followsAChange() throws {
        var meter = ThroughputMeter()
        for _ in 0..<100 { meter.record(tokens: 1_000, in: .seconds(1)) }
        for _ in 0..<150 { meter.record(tokens: 100, in: .seconds(1)) }
        let rate = try #require(meter.tokensPerSecond)
        #expect(rate < 110)
    }
}
