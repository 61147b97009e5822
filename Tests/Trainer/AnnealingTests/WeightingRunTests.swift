import Annealing
import TestSupport
import Testing
import TokenWeights
import Training

/// What docs/method.md promises of whole runs, bit for bit.
struct WeightingRunTests {
    private func allOnes(_ step: [[Float]]) -> Bool { step.allSatisfy { $0.allSatisfy { $0 == 0 || $0 == 1 } } }

    @Test func epsilonZeroIsNextTokenPrediction() throws {
        let run = try TinyRun()
        run.options.weighting.epsilon = 0
        let remit = try run.run("remit", teacher: ModelTeacher(seed: 9))
        run.options.weighting.name = "ntp"
        let plain = try run.run("ntp")
        #expect(remit.weights == plain.weights)
        #expect(remit.steps.map(\.weightedLoss) == plain.steps.map(\.weightedLoss))
        #expect(remit.steps.map(\.loss) == plain.steps.map(\.loss))
        #expect(remit.steps.map(\.gradNorm) == plain.steps.map(\.gradNorm))
        #expect(plain.steps.allSatisfy { $0.loss == $0.weightedLoss })
        #expect(plain.steps.count == 6)
    }

    @Test func weightsDifferWithAnotherTeacher() throws {
        let run = try TinyRun(steps: 2)
        let remit = try run.run("remit", teacher: ModelTeacher(seed: 9))
        #expect(!allOnes(remit.tokenWeights[0]))
        #expect(remit.steps[0].loss != remit.steps[0].weightedLoss)
        #expect(remit.steps[0].clippedShare > 0)
    }

    @Test func theTeacherThatIsTheStudentGivesOneAtTheFirstStepOnly() throws {
        let run = try TinyRun(steps: 3)
        let outcome = try run.run("run", teacher: ModelTeacher(seed: 1))
        #expect(allOnes(outcome.tokenWeights[0]))
        #expect(outcome.steps[0].meanWeight == 1)
        #expect(!allOnes(outcome.tokenWeights[1]))
        #expect(!allOnes(outcome.tokenWeights[2]))
    }

    @Test func theTeacherThatIsTheStudentGivesOneWhileTheRateIsZero() throws {
        let run = try TinyRun(steps: 3)
        run.options.schedule.peak = 0
        let outcome = try run.run("run", teacher: ModelTeacher(seed: 1))
        #expect(outcome.tokenWeights.allSatisfy(allOnes))
        let untouched = try TinyRun.student().copiedValues
        #expect(outcome.weights == untouched)
    }

    @Test func staticWithTheTeacherAsBaseIsNextTokenPrediction() throws {
        let run = try TinyRun(steps: 4)
        run.options.weighting.name = "remit-static"
        let fixed = try run.run("static", teacher: ModelTeacher(seed: 9), base: ModelTeacher(seed: 9))
        run.options.weighting.name = "ntp"
        let plain = try run.run("ntp")
        #expect(fixed.weights == plain.weights)
        #expect(fixed.steps.map(\.weightedLoss) == plain.steps.map(\.weightedLoss))
    }

    @Test func rho1DividesByWhatItKeeps() throws {
        let run = try TinyRun(steps: 1)
        run.options.weighting.name = "rho1"
        run.options.weighting.keepFraction = 0.5
        let outcome = try run.run("rho1", teacher: ModelTeacher(seed: 9))
        let kept = outcome.tokenWeights[0].reduce(0) { $0 + $1.count { $0 == 1 } }
        let step = outcome.steps[0]
        #expect(abs(step.meanWeight - Double(kept) / Double(step.scoredTokens)) < 1e-12)
        // Half of the tokens, and those where the student lags the teacher most: their mean loss is higher.
        #expect(step.weightedLoss > step.loss)
    }
}
