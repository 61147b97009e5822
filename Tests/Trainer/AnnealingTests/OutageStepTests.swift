import Annealing
import Corpora
import Foundation
import Testing
import TestSupport
import TokenWeights
import Training

/// A teacher that is away for some steps.
struct OutageStepTests {
    private final class AwayTeacher: StepSource, @unchecked Sendable {
        // Used by one thread, the annealer's.
        private let teacher: ModelTeacher
        private let away: Set<Int>

        init(away: Set<Int>) throws {
            self.away = away
            teacher = try ModelTeacher(seed: 9)
        }

        func request(_ batch: StepBatch) { teacher.request(batch) }

        func answer(_ batch: StepBatch) throws -> [[Float]] {
            guard !away.contains(batch.step) else {
                throw AnnealingError.teacherAway(waited: .seconds(1), reason: "test")
            }
            return try teacher.answer(batch)
        }

        var scoresFingerprint: String? { "fake" }
    }

    /// One that gives a number above 0 at one step.
    private final class DamagedTeacher: StepSource, @unchecked Sendable {
        // Used by one thread, the annealer's.
        private let teacher: ModelTeacher
        private let step: Int

        init(at step: Int) throws {
            self.step = step
            teacher = try ModelTeacher(seed: 9)
        }

        func request(_ batch: StepBatch) { teacher.request(batch) }

        func answer(_ batch: StepBatch) throws -> [[Float]] {
            let right = try teacher.answer(batch)
            return batch.step == step ? right.map { $0.map { -$0 } } : right
        }

        var scoresFingerprint: String? { "fake" }
    }

    /// The state names them in each sitting, with the log or without it; one of before they were kept has them from the log.
    @Test func theStateKnowsWhichStepsHadNoTeacher() throws {
        let run = try TinyRun()
        let teacher = try AwayTeacher(away: [1, 2, 4])
        let first = try run.run("run", teacher: teacher, stopAfter: 4, nextTokenOnOutage: true)
        #expect(first.state.nextTokenSteps?.description == "1-2, 4" && first.state.nextTokenSteps?.count == 3)
        let log = run.directory.file("run/log.jsonl")
        try FileManager.default.removeItem(atPath: log)
        let second = try run.run("run", teacher: ModelTeacher(seed: 9), resume: true)
        #expect(second.state.nextTokenSteps?.description == "1-2, 4" && second.steps.map(\.step) == [5, 6])
        #expect(try run.run("taught", teacher: ModelTeacher(seed: 9)).state.nextTokenSteps == nil)
        let coded = try JSONEncoder().encode(second.state.nextTokenSteps)
        #expect(String(decoding: coded, as: UTF8.self) == #"{"ranges":[[1,2],[4,4]]}"#)
    }

    @Test(arguments: ["remit", "rho1"]) func aRunWithoutItsTeacherIsNextTokenPrediction(_ weighting: String) throws {
        let run = try TinyRun()
        run.options.weighting.name = weighting
        let away = try run.run("away", teacher: AwayTeacher(away: Set(1...6)), nextTokenOnOutage: true)
        run.options.weighting.name = "ntp"
        let plain = try run.run("ntp")
        #expect(away.weights == plain.weights)
        #expect(away.steps.map(\.loss) == plain.steps.map(\.weightedLoss))
        #expect(away.steps.allSatisfy { $0.ntp == true && $0.weightHistogram == nil && $0.meanWeight == 1 })
        #expect(plain.steps.allSatisfy { $0.ntp == nil })
    }

    @Test func weightsComeBackWithTheTeacher() throws {
        let run = try TinyRun()
        let outcome = try run.run("away", teacher: AwayTeacher(away: [3, 4]), nextTokenOnOutage: true)
        #expect(outcome.steps.map { $0.ntp ?? false } == [false, false, true, true, false, false])
        #expect(outcome.steps.map { $0.weightHistogram != nil } == [true, true, false, false, true, true])
        #expect(outcome.steps[2].loss == outcome.steps[2].weightedLoss)
        #expect(outcome.steps[4].loss != outcome.steps[4].weightedLoss)
    }

    /// Without that, the run is saved as it stands and goes on later to the same end.
    @Test func anOutageThatEndsTheRunLosesNothing() throws {
        let run = try TinyRun()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        #expect(throws: AnnealingError.teacherAway(waited: .seconds(1), reason: "test")) {
            try run.run("cut", teacher: AwayTeacher(away: [4]))
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("cut/checkpoints"))
        #expect(files == ["step-00000003.safetensors"])
        #expect(try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true).weights == whole.weights)
    }

    @Test func anAnswerThatCannotBeLosesNothing() throws {
        let run = try TinyRun()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        let error = #expect(throws: AnnealingError.self) { try run.run("cut", teacher: DamagedTeacher(at: 4)) }
        #expect(error?.description.contains("step 4, window 0, position ") == true)
        let checkpoints = run.directory.file("cut/checkpoints")
        #expect(try FileManager.default.contentsOfDirectory(atPath: checkpoints) == ["step-00000003.safetensors"])
        #expect(try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true).weights == whole.weights)
        // At the first step there is nothing to keep: the same command may be given again.
        #expect(throws: AnnealingError.self) { try run.run("first", teacher: DamagedTeacher(at: 1)) }
        #expect(!FileManager.default.fileExists(atPath: run.directory.file("first/checkpoints")))
    }

    @Test func theLogCountsEveryWeight() throws {
        let run = try TinyRun(steps: 2)
        let outcome = try run.run("run", teacher: ModelTeacher(seed: 9))
        for (record, weights) in zip(outcome.steps, outcome.tokenWeights) {
            let histogram = try #require(record.weightHistogram)
            #expect(histogram.low == 0.8 && histogram.high == 1.2)
            #expect(histogram.counts.reduce(0, +) == record.scoredTokens)
            // Clipped weights lie in the outer bins.
            let clippedLow = Int((record.clippedLowShare * Double(record.scoredTokens)).rounded())
            #expect(histogram.counts[0] >= clippedLow && clippedLow > 0)
            let above = weights.reduce(0) { $0 + $1.count { $0 > 1 } }
            #expect(abs(record.upWeightedShare * Double(record.scoredTokens) - Double(above)) < 1e-9)

            let (gained, lost) = (try #require(record.gainedTokens), try #require(record.lostTokens))
            #expect(gained.count == 8 && lost.count == 8)
            #expect(
                gained.map(\.gain) == gained.map(\.gain).sorted(by: >) && lost.map(\.gain) == lost.map(\.gain).sorted())
            #expect(gained.allSatisfy { $0.gain > 0 && $0.occurrences > 0 } && lost.allSatisfy { $0.gain < 0 })
        }
    }

    @Test func aWeightIsCountedInItsBin() {
        var histogram = WeightHistogram(0.8...1.2)
        for weight: Float in [0.8, 0.8, 1, 1.2, 7, -3, .nan, .infinity] { histogram.add(weight) }
        #expect(histogram.counts[0] == 4 && histogram.counts[20] == 1 && histogram.counts[39] == 3)
    }
}
