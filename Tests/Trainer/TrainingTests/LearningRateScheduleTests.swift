import Testing
import Training

struct LearningRateScheduleTests {
    struct Point: Sendable {
        var shape: LearningRateSchedule.Shape
        var step: Int
        var expected: Double
    }

    /// 10 steps, peak 1, no warmup, computed by hand.
    @Test(arguments: [
        Point(shape: .linear, step: 0, expected: 1), Point(shape: .linear, step: 5, expected: 0.5),
        Point(shape: .linear, step: 9, expected: 0.1), Point(shape: .cosine, step: 0, expected: 1),
        Point(shape: .cosine, step: 5, expected: 0.5), Point(shape: .cosine, step: 9, expected: 0.024471741852423234),
        Point(shape: .oneMinusSqrt, step: 0, expected: 1),
        Point(shape: .oneMinusSqrt, step: 4, expected: 0.3675444679663241),
        Point(shape: .wsd, step: 7, expected: 1), Point(shape: .wsd, step: 8, expected: 1),
        Point(shape: .wsd, step: 9, expected: 0.5), Point(shape: .constant, step: 9, expected: 1),
    ])
    func handComputedPoints(_ point: Point) {
        let schedule = LearningRateSchedule(point.shape, peak: 1)
        #expect(abs(schedule.rate(step: point.step, totalSteps: 10) - point.expected) < 1e-15)
    }

    @Test(arguments: LearningRateSchedule.Shape.allCases)
    func warmupRisesToThePeak(_ shape: LearningRateSchedule.Shape) {
        let schedule = LearningRateSchedule(shape, peak: 2, warmupSteps: 4)
        #expect((0...4).map { schedule.rate(step: $0, totalSteps: 20) } == [0.5, 1, 1.5, 2, 2])
        let long = LearningRateSchedule(shape, peak: 2, warmupSteps: 18)
        #expect((17...18).map { long.rate(step: $0, totalSteps: 20) } == [2, 2])
    }

    /// Fewer steps than the decay would have: it begins at the peak all the same, and the step after the last has nothing.
    @Test func aDecayThatWarmupLeavesLittleOfIsShorter() {
        let schedule = LearningRateSchedule(.wsd, peak: 1, warmupSteps: 16)
        let rates = (16..<20).map { schedule.rate(step: $0, totalSteps: 20) }
        #expect(rates == [1, 0.75, 0.5, 0.25])
        let late = LearningRateSchedule(.wsd, peak: 1, warmupSteps: 18)
        #expect((18..<20).map { late.rate(step: $0, totalSteps: 20) } == [1, 0.5])
    }

    @Test func theRateFallsTowardsTheFinalFraction() {
        let schedule = LearningRateSchedule(.linear, peak: 1, finalFraction: 0.1)
        #expect(abs(schedule.rate(step: 5, totalSteps: 10) - 0.55) < 1e-15)
        #expect(abs(schedule.rate(step: 9, totalSteps: 10) - 0.19) < 1e-15)
    }

    @Test(arguments: [
        ("learning-rate", LearningRateSchedule(peak: -1)), ("learning-rate", LearningRateSchedule(peak: .nan)),
        ("warmup-steps", LearningRateSchedule(peak: 1, warmupSteps: 10)),
        ("final-learning-rate-fraction", LearningRateSchedule(peak: 1, finalFraction: 1.5)),
    ])
    func aScheduleThatNoRunCanHaveIsRefusedByName(_ option: String, _ schedule: LearningRateSchedule) throws {
        try LearningRateSchedule(peak: 1, warmupSteps: 9).validate(totalSteps: 10)
        #expect { try schedule.validate(totalSteps: 10) } throws: { error in
            guard case TrainingError.badOption(option, _, _) = error else { return false }
            return true
        }
    }
}
