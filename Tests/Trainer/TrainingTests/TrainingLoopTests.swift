import TestSupport
import Testing
import Training

struct TrainingLoopTests {
    @Test func aRunSavesEverySoManyStepsAndAtItsEnd() throws {
        var tiny = try TinyTraining()
        #expect(try tiny.run(steps: 5).saved == [2, 4, 5])
        tiny = try TinyTraining()
        tiny.saveEvery = 0
        #expect(try tiny.run(steps: 5).saved == [5])
        #expect(try tiny.run(steps: 5, resume: true).saved == [])
    }

    @Test func aStoppedRunIsSavedAndEndsWithTheSameBits() throws {
        let whole = try TinyTraining().run(steps: 7)
        let tiny = try TinyTraining()
        #expect(throws: TrainingError.interrupted) { try tiny.run(steps: 7, stopAfter: 3) }
        #expect(try tiny.store.lastStep() == 3)
        let resumed = try tiny.run(steps: 7, resume: true)
        let isSame = resumed.values == whole.values && resumed.records == whole.records
        #expect(isSame && resumed.saved == [4, 6, 7])
    }

    /// Whether there is something to keep is for the training to say; its error is the one that is thrown.
    @Test(arguments: [true, false]) func anErrorKeepsTheStateWhereTheTrainingSaysSo(_ keepsState: Bool) throws {
        let whole = try TinyTraining().run(steps: 7)
        let tiny = try TinyTraining()
        #expect(throws: TinyTraining.Failure(keepsState: keepsState)) {
            try tiny.run(steps: 7, failAt: 4, keepsState: keepsState)
        }
        #expect(try tiny.store.lastStep() == (keepsState ? 3 : 2))
        let resumed = try tiny.run(steps: 7, resume: true)
        let isSame = resumed.values == whole.values && resumed.records == whole.records
        #expect(isSame)
    }

    /// It would push out a checkpoint that is sound.
    @Test func aStudentThatIsNotFiniteIsNotSaved() throws {
        let tiny = try TinyTraining()
        #expect {
            try tiny.run(steps: 7, spoilAt: 6)
        } throws: { error in
            guard case TrainingError.nonFiniteStudent(6, _, 4) = error else { return false }
            return "\(error)".contains("The checkpoint of step 4 is intact and finite")
        }
        #expect(try tiny.store.lastStep() == 4)
    }
}
