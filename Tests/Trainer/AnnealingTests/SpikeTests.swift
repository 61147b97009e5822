import Annealing
import Tensors
import Testing
import TestSupport
import Training
import Transformers

struct SpikeTests {
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
