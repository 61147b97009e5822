import Formats
import Testing

struct WorkProgressTests {
    private static let start = ContinuousClock.now
    private func after(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    @Test func rateAndTimeLeftAreThoseOfThisProcess() {
        let meter = ProgressMeter(of: 1_000_000, before: 400_000, at: Self.start)
        #expect(meter.progress(400_000, at: after(3)).line(columns: nil) == "400.0k/1.0M tokens 40%")
        let progress = meter.progress(600_000, at: after(10))
        #expect(progress.line(columns: nil) == "600.0k/1.0M tokens 60% 20.0k tok/s ETA 0:00:20")
        #expect(progress.elapsed == 10)
    }

    /// Of a text only the bytes are known beforehand.
    @Test func theShareMaySayWhatIsLeft() {
        let meter = ProgressMeter("tokenizing corpus", at: Self.start)
        #expect(meter.progress(0, share: 0, at: after(1)).line(columns: nil) == "tokenizing corpus: 0 tokens 0%")
        let line = meter.progress(50_000, share: 0.25, at: after(5)).line(columns: nil)
        #expect(line == "tokenizing corpus: 50.0k tokens 25% 10.0k tok/s ETA 0:00:15")
        #expect(meter.progress(50, at: after(5)).line(columns: nil) == "tokenizing corpus: 50 tokens 10 tok/s")
    }

    @Test func aBarTakesTheRoomThatIsLeft() {
        let progress = ProgressMeter(unit: "problems", of: 80, at: Self.start).progress(40, at: after(20))
        #expect(progress.line(columns: 200) == "40/80 problems [==========..........] 50% 2.0 problems/s ETA 0:00:20")
        for columns in 1...80 {
            #expect(progress.line(columns: columns).count <= max(columns - 1, progress.line(columns: nil).count))
        }
    }

    @Test(arguments: [0, 1, 7]) func nothingToDoIsDone(_ done: Int) {
        let progress = ProgressMeter(of: 0, at: Self.start).progress(done, at: after(0))
        #expect(progress.share == 1)
        _ = progress.line(columns: 80)
        // More than was said before is no trap.
        _ = ProgressMeter(of: 3, at: Self.start).progress(done, at: after(1)).line(columns: 80)
    }
}
