import Testing
import Training

struct SpikeWindowTests {
    private let options = SpikeOptions(deviations: 3, window: 8)

    /// Mean 2, sample deviation 1.069 (by hand: seven differences of 1 in eight values of 1 and 3).
    private func window() -> SpikeWindow {
        var window = SpikeWindow()
        for step in 0..<8 { _ = window.isSpike(loss: step % 2 == 0 ? 1 : 3, gradNorm: 1, options) }
        return window
    }

    @Test func aStepFarAboveTheOthersIsASpike() {
        let limit = 2 + 3 * (8.0 / 7).squareRoot()
        for (loss, expected) in [(limit - 1e-9, false), (limit + 1e-9, true), (-100, false)] {
            var window = window()
            let isSpike = window.isSpike(loss: loss, gradNorm: 1, options)
            #expect(isSpike == expected)
        }
        var window = window()
        let byNorm = window.isSpike(loss: 2, gradNorm: 1.001, options)
        #expect(byNorm)
    }

    @Test func nothingIsASpikeBeforeHalfTheWindow() {
        var window = SpikeWindow()
        let early = (0..<4).map { window.isSpike(loss: $0 < 3 ? 1 : 100, gradNorm: 1, options) }
        #expect(early == [false, false, false, false])
        var calm = SpikeWindow()
        for _ in 0..<4 { _ = calm.isSpike(loss: 1, gradNorm: 1, options) }
        let late = calm.isSpike(loss: 100, gradNorm: 1, options)
        #expect(late)
    }

    /// Spikes are remembered: a new level is soon the normal one.
    @Test func aLevelThatStaysIsNoSpikeForEver() {
        var window = window()
        let spikes = (0..<20).map { _ in window.isSpike(loss: 50, gradNorm: 1, options) }
        #expect(spikes[0] && !spikes[19])
        #expect(window.losses.count == 8)
    }

    @Test func withoutTheOptionNothingIsKept() {
        var window = SpikeWindow()
        let isSpike = window.isSpike(loss: 1e9, gradNorm: 1e9, SpikeOptions())
        #expect(!isSpike)
        #expect(window == SpikeWindow())
    }
}
