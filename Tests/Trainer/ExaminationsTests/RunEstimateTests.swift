import Examinations
import Testing

/// What a run takes, counted by hand: 10 parameters of 2 bytes in the result, 16 tokens of documents in a step.
struct RunEstimateTests {
    /// The student in f32 with both moments, for each parameter.
    private static let checkpointBytes = 120.0
    private static let studentBytes = 20.0

    private func estimate(steps: Int?, tokens: Int? = nil) -> RunEstimate {
        RunEstimate(
            parameters: 10, tokens: tokens, documentTokens: 16, trainingSpeed: 100, teacherSpeed: nil,
            sequenceLength: 8, fill: 0.5, batchSequences: 4, steps: steps, epochs: 1, saveEvery: 0, keepCheckpoints: 4,
            parameterBytes: 2, exportEvery: 0)
    }

    /// None comes after the last step, whose student is the result.
    @Test(arguments: [(100, 20, 4), (100, 100, 0), (100, 30, 3), (7, 1, 6), (1, 1, 0), (100, 0, 0)])
    func exportsAreThoseOnTheWay(_ steps: Int, _ every: Int, _ exports: Int) {
        var run = estimate(steps: steps)
        run.exportEvery = every
        #expect(run.diskBytes == Self.checkpointBytes + Self.studentBytes * Double(1 + exports))
        run.hasMovingAverage = true
        #expect(run.diskBytes == 160 + 2 * Self.studentBytes * Double(1 + exports))
    }

    /// Those that are kept and the one that is being written, where there are as many.
    @Test(arguments: [(100, 0, 4, 1), (100, 10, 4, 5), (30, 10, 4, 3), (31, 10, 4, 4), (100, 10, 1, 2)])
    func checkpointsAreThoseKeptAndOneMore(_ steps: Int, _ every: Int, _ keep: Int, _ checkpoints: Int) {
        var run = estimate(steps: steps)
        run.saveEvery = every
        run.keepCheckpoints = keep
        #expect(run.diskBytes == Self.checkpointBytes * Double(checkpoints) + Self.studentBytes)
    }

    @Test func theBestStudentAndTheCorpusTakeDiskToo() {
        var run = estimate(steps: 1, tokens: 100)
        let corpus = 100.0 * (4 + 32 / 16)
        #expect(run.diskBytes == Self.checkpointBytes + Self.studentBytes + corpus)
        run.keepsBest = true
        #expect(run.diskBytes == Self.checkpointBytes + 2 * Self.studentBytes + corpus)
    }

    /// At the start, every so many steps, and at the end.
    @Test(arguments: [(0, 100, 2), (10, 100, 11), (30, 100, 5), (100, 7, 2), (100, 100, 2)])
    func heldOutLossesAreCounted(_ every: Int, _ steps: Int, _ losses: Int) {
        let evaluations = RunEstimate.Evaluations(everySteps: every, tokens: nil, speed: 1)
        #expect(evaluations.count(steps: steps) == losses)
    }

    /// The slower of student and teacher decides.
    @Test func timeIsThatOfStepsAndHeldOutLosses() {
        var run = estimate(steps: 100)
        #expect(run.seconds(steps: 100) == 16)
        run.teacherSpeed = 50
        #expect(run.seconds(steps: 100) == 32)
        run.evaluations = RunEstimate.Evaluations(everySteps: 0, tokens: 50, speed: 25)
        #expect(run.seconds(steps: 100) == 36)
        run.teacherSpeed = 1000
        #expect(run.seconds(steps: 100) == 20)
    }

    @Test func stepsFollowFromTheCorpus() {
        var run = estimate(steps: nil, tokens: 100)
        #expect(run.totalSteps == 7)
        run.epochs = 2
        #expect(run.totalSteps == 13)
        run.epochTokens = 32
        #expect(run.totalSteps == 4)
        run.steps = 5
        #expect(run.totalSteps == 5)
    }

    /// A run of which no number of steps is known is taken to save often, and its exports are left out.
    @Test func stepsThatAreNotKnownAreSaid() {
        var run = estimate(steps: nil)
        run.saveEvery = 10
        run.exportEvery = 10
        #expect(run.totalSteps == nil)
        #expect(run.diskBytes == Self.checkpointBytes * 5 + Self.studentBytes)
        var findings = Findings()
        run.report(out: "/not/there/yet", &findings)
        #expect(findings.text.contains("not known: the corpus is compressed; give --steps"), "\(findings.text)")
    }

    @Test func aDiskThatIsTooSmallIsWrong() {
        var run = estimate(steps: 1)
        run.parameters = 1 << 60
        var findings = Findings()
        run.report(out: "/not/there/yet", &findings)
        #expect(!findings.isHealthy && findings.text.hasPrefix("WRONG  disk"), "\(findings.text)")
    }
}
