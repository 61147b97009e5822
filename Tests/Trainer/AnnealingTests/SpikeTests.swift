import Annealing
import Tensors
import TestSupport
import Testing
import Transformers

struct SpikeTests {
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

    /// A run in which steps are skipped, stopped and resumed in the middle of its window.
    @Test func aSkippedStepUpdatesNothingAndIsResumedExactly() throws {
        let run = try TinyRun(steps: 14)
        run.options.spikes = SpikeOptions(deviations: 0.2, window: 6)
        run.saveEvery = 5
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        let skipped = whole.steps.filter { $0.skipped == true }.count
        #expect(skipped > 0 && skipped < 11)
        #expect(whole.state.skippedSteps == skipped && whole.state.updates == 14 - skipped)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), stopAfter: 7)
        let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true)
        let areEqual = resumed.weights == whole.weights && resumed.log == whole.log && resumed.state == whole.state
        #expect(areEqual)
        run.options.spikes = SpikeOptions()
        let isFree = try run.run("free", teacher: ModelTeacher(seed: 9)).weights != whole.weights
        #expect(isFree)
    }

    @Test func theStudentStaysWhereItIs() throws {
        let run = try TinyRun(steps: 1)
        let student = try TinyRun.student()
        var options = run.options
        options.spikes = SpikeOptions(deviations: 1, window: 2)
        let step = try run.trainStep(student, options: options)
        let batch = try run.firstBatch()
        var spikes = SpikeWindow()
        for _ in 0..<2 { _ = spikes.isSpike(loss: 0, gradNorm: 0, options.spikes) }
        let before = student.copiedValues
        let statistics = try step.run(batch, learningRate: 1, spikes: &spikes)
        let isUntouched = student.copiedValues == before
        #expect(statistics.isSkipped && isUntouched && step.optimizer.updates == 0)
        let areZero = step.optimizer.firstMoments.values.allSatisfy { $0 == 0 }
        #expect(areZero)
    }
}
