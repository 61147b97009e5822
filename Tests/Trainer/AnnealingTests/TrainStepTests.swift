import Annealing
import Corpora
import Foundation
import RandomNumbers
import Sequences
import SideCars
import Tensors
import Testing
import TestSupport
import TokenWeights
import Training
import Transformers

struct TrainStepTests {
    /// Micro-batches change the order in which gradients are summed, nothing else.
    private static let firstLossTolerance = 1e-5
    private static let lossTolerance = 1e-4

    @Test func microBatchesChangeNothingBeyondRounding() throws {
        let run = try TinyRun(steps: 10)
        run.options.batchSequences = 8
        run.options.microBatchSequences = 2
        let cut = try run.run("4x2", teacher: ModelTeacher(seed: 9))
        run.options.microBatchSequences = 8
        let whole = try run.run("1x8", teacher: ModelTeacher(seed: 9))
        let pairs = Array(zip(cut.steps, whole.steps))
        #expect(pairs.count == 10)
        let first = try #require(pairs.first)
        #expect(abs(first.0.weightedLoss - first.1.weightedLoss) <= Self.firstLossTolerance * first.1.weightedLoss)
        #expect(abs(first.0.gradNorm - first.1.gradNorm) <= Self.firstLossTolerance * first.1.gradNorm)
        #expect(pairs.allSatisfy { abs($0.weightedLoss - $1.weightedLoss) <= Self.lossTolerance * $1.weightedLoss })
    }

    /// Windows of unequal length; every other one begins with a masked prompt.
    private func unequalBatches(_ count: Int) -> [StepBatch] {
        var random = SplitMix64(seed: 3)
        return (1...count).map { step in
            let windows = (0..<8).map { index in
                let length = Int.random(in: 3...TinyRun.contextLength, using: &random)
                let prompt = index % 2 == 0 ? 1 : length / 2
                return TrainingWindow(
                    tokenIDs: (0..<length).map { _ in Int32.random(in: 0..<48, using: &random) },
                    segments: Spans(whole: length),
                    scored: (0..<length).map { $0 >= prompt })
            }
            return StepBatch(step: step, windows: windows, cursorAfter: DataCursor())
        }
    }

    @Test func accumulationOf4x2Is1x8BeyondRounding() throws {
        let run = try TinyRun(steps: 10)
        let batches = unequalBatches(10)
        #expect(Set(batches[0].windows.map(\.tokenCount)).count > 4)
        let results = try [2, 8].map { count in
            var options = run.options
            options.microBatchSequences = count
            let student = try TinyRun.student()
            let teacher = try ModelTeacher(seed: 9)
            for batch in batches { teacher.request(batch) }
            let step = try run.trainStep(student, options: options, teacher: teacher)
            let first = try step.run(batches[0], learningRate: 1e-2).weightedLoss
            let gradients = student.copiedGradients
            let losses = try [first] + batches.dropFirst().map { try step.run($0, learningRate: 1e-2).weightedLoss }
            return (losses: losses, gradients: gradients, parameters: student.parameters)
        }
        let (cut, whole) = (results[0], results[1])
        #expect(abs(cut.losses[0] - whole.losses[0]) <= Self.firstLossTolerance * whole.losses[0])
        for parameter in cut.parameters {
            let pairs = zip(cut.gradients[parameter.range], whole.gradients[parameter.range])
            let difference = pairs.reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
            let norm = pairs.reduce(0.0) { $0 + pow(Double($1.1), 2) }.squareRoot()
            #expect(difference <= Self.firstLossTolerance * norm, "\(parameter.name)")
        }
        #expect(cut.losses.count == 10)
        for (cut, whole) in zip(cut.losses, whole.losses) { #expect(abs(cut - whole) <= Self.lossTolerance * whole) }
        let areDifferent = cut.gradients != whole.gradients
        #expect(areDifferent, "the order of the sums differs, or nothing was cut")
    }

    private func step(_ student: TrainableTransformer, _ source: any WeightSource) throws -> TrainStep {
        let options = try TinyRun(steps: 1).options
        return TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: WorkerPool(threads: 1)),
            weighting: try TokenWeightings.named("remit"), weightSource: source, options: options)
    }

    @Test func aStepWithoutAScoredTokenIsRefused() throws {
        let student = try TinyRun.student()
        let window = TrainingWindow(tokenIDs: [1, 2], segments: Spans(whole: 2), scored: [false, false])
        let batch = StepBatch(step: 5, windows: [window], cursorAfter: DataCursor())
        let source = ConstantWeights(1)
        #expect(throws: AnnealingError.nothingScored(step: 5)) { try step(student, source).run(batch, learningRate: 1) }
    }

    @Test(arguments: [Float.infinity, .nan])
    func aLossThatIsNotFiniteStopsBeforeTheUpdate(_ weight: Float) throws {
        let student = try TinyRun.student()
        let before = student.copiedValues
        let window = TrainingWindow(tokenIDs: [1, 2, 3], segments: Spans(whole: 3), scored: [false, true, true])
        let batch = StepBatch(step: 2, windows: [window], cursorAfter: DataCursor())
        #expect {
            try step(student, ConstantWeights(weight)).run(batch, learningRate: 1)
        } throws: { error in
            guard case AnnealingError.nonFinite(2, "the weighted loss", _) = error else { return false }
            return true
        }
        #expect(student.copiedValues == before)
    }

    @Test func aLogProbThatIsNotFiniteIsNamedByItsDocument() throws {
        let student = try TinyRun.student()
        // An embedding that only the second document reads.
        let embedding = try #require(student.parameters.first { $0.name.contains("embed_tokens") })
        student.values[embedding.range.lowerBound + 7 * embedding.shape[1]] = .infinity
        student.parametersDidChange()
        let window = TrainingWindow(
            tokenIDs: [1, 2, 3, 7, 4, 5], segments: Spans(lengths: [3, 3]),
            scored: [false, true, true, false, true, true])
        let batch = StepBatch(step: 4, windows: [window], cursorAfter: DataCursor())
        #expect(
            throws: AnnealingError.nonFiniteLogProb(
                step: 4, window: 0, document: 1, position: 1, beginning: [7, 4, 5])
        ) { try step(student, ConstantWeights(1)).run(batch, learningRate: 1) }
    }

    /// A rate that no model survives: the first step still has the parameters that it was given.
    @Test func aRunThatDivergesNamesItsLastCheckpointWhichIsFinite() throws {
        let run = try TinyRun(steps: 4)
        run.options.schedule = LearningRateSchedule(.constant, peak: 1e18)
        run.saveEvery = 1
        let error = try #require(throws: AnnealingError.self) {
            try run.run("diverging", teacher: ModelTeacher(seed: 9))
        }
        #expect(error.description.contains("step 2: "), "\(error)")
        #expect(error.description.contains("The checkpoint of step 1 is intact and finite"), "\(error)")
        let directory = try RunDirectory(run.directory.file("diverging"))
        let store = RunStateStore(directory: directory.checkpointsPath, keep: 2)
        let saved = try #require(try store.latest(RunState.self))
        let student = try TinyRun.student()
        try saved.restore(student, AdamW(run.options.optimizer, for: student, workers: WorkerPool(threads: 1)))
        let isFinite = student.copiedValues.allSatisfy(\.isFinite)
        #expect(saved.state.step == 1 && isFinite)
    }

    /// The update leaves parameters that are finite, and activations that overflow. Stopped before its held-out loss was taken, such a
    /// student is saved: its checkpoint is not the one to go on from.
    @Test(arguments: [false, true])
    func aHeldOutLossThatIsNotFiniteNamesItsStepAndTheCheckpointBeforeIt(_ isStopped: Bool) throws {
        let run = try TinyRun(steps: 3)
        run.options.evaluateEvery = 1
        run.permissions.learningRateChange = true
        _ = try run.run("overflowing", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: 1)
        run.options.schedule = LearningRateSchedule(.constant, peak: 1e15)
        if isStopped {
            let stopped = try run.run(
                "overflowing", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true, stopAfter: 2)
            #expect(stopped.interrupted && stopped.state.step == 2)
        }
        #expect(
            throws: AnnealingError.diverged(reason: "after step 2 the held-out loss is not finite", lastGood: 1)
        ) { try run.run("overflowing", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true) }
    }

    /// The last step has a held-out loss in any case.
    @Test func aHeldOutLossThatIsNotFiniteSaysSoWhereNothingIsSaved() throws {
        let run = try TinyRun(steps: 1)
        run.options.schedule = LearningRateSchedule(.constant, peak: 1e15)
        #expect(
            throws: AnnealingError.diverged(reason: "after step 1 the held-out loss is not finite", lastGood: nil)
        ) { try run.run("overflowing", teacher: ModelTeacher(seed: 9), heldOut: true) }
    }

    @Test func gradientsAreClippedToTheirNorm() throws {
        let run = try TinyRun(steps: 2)
        run.options.gradientClip = 1e-3
        let clipped = try run.run("clipped", teacher: ModelTeacher(seed: 9))
        run.options.gradientClip = 0
        let free = try run.run("free", teacher: ModelTeacher(seed: 9))
        #expect(clipped.steps[0].gradNorm == free.steps[0].gradNorm)
        #expect(clipped.steps[0].gradNorm > 1e-3)
        #expect(clipped.weights != free.weights)
    }

    /// Every answer is checked against the window it is for.
    @Test func aTeacherAnswerOfAnotherLengthIsRefused() throws {
        let student = try TinyRun.student()
        let window = TrainingWindow(tokenIDs: [1, 2, 3], segments: Spans(whole: 3), scored: [false, true, true])
        let batch = StepBatch(step: 1, windows: [window], cursorAfter: DataCursor())
        let source = LocalTokenWeights(try TokenWeightings.named("remit"), teacher: KnownAnswers<[[Float]]>([[0, 0]]))
        #expect(throws: AnnealingError.wrongTeacherAnswer(step: 1, window: 0, expected: 3, got: 2)) {
            try step(student, source).run(batch, learningRate: 1)
        }
    }

    /// Whatever source gave it, at whichever position that is scored.
    @Test(
        arguments: [
            ([.nan, 0.5, .nan, -1], 1), ([.nan, .infinity, .nan, -1], 1), ([.nan, -1, .nan, 1e-7], 3),
            ([.nan, -1, .nan, .nan], 3),
        ] as [([Float], Int)])
    func aTeacherLogProbThatCannotBeIsRefused(_ logProbs: [Float], _ position: Int) throws {
        let student = try TinyRun.student()
        let before = student.copiedValues
        let window = TrainingWindow(
            tokenIDs: [1, 2, 3, 4], segments: Spans(lengths: [2, 2]), scored: [false, true, false, true])
        let batch = StepBatch(step: 1, windows: [window], cursorAfter: DataCursor())
        let bad = KnownAnswers<[[Float]]>([logProbs])
        let good = KnownAnswers<[[Float]]>([[.nan, -1, .nan, -0.0]])
        let remit = LocalTokenWeights(try TokenWeightings.named("remit"), teacher: bad)
        let fixed = LocalTokenWeights(try TokenWeightings.named("remit-static"), teacher: good, base: bad)
        for source in [remit, fixed] {
            #expect {
                try step(student, source).run(batch, learningRate: 1)
            } throws: { error in
                guard case AnnealingError.impossibleLogProb(1, 0, let fault) = error else { return false }
                return fault.position == position
            }
        }
        #expect(student.copiedValues == before)
        _ = try step(student, LocalTokenWeights(try TokenWeightings.named("remit"), teacher: good)).run(
            batch, learningRate: 1)
    }

    /// Its manifest and its hashes agree with it: it was written so.
    @Test func aSideCarWithALogProbThatCannotBeIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("scores")
        let writer = try SideCarWriter(
            path,
            SideCarDescription(
                model: "fake", precision: "f32", modelFingerprint: "m", tokenizerFingerprint: "t",
                scoresFingerprint: "s", corpusFingerprint: "c", sequenceLength: 4, segments: 2, tokens: 4),
            shardTokens: 100)
        try writer.append(Segment.digest(of: [1, 2]), [.nan, -1])
        try writer.append(Segment.digest(of: [3, 4]), [.nan, 0.25])
        try writer.flush()
        let windows = [[1, 2], [3, 4]].map {
            TrainingWindow(tokenIDs: $0, segments: Spans(whole: 2), scored: [false, true])
        }
        let files = FiledLogProbs(try SideCar(path))
        _ = try files.answer(StepBatch(step: 1, windows: [windows[0]], cursorAfter: DataCursor()))
        let error = #expect(throws: SideCarError.self) {
            try files.answer(StepBatch(step: 2, windows: windows, cursorAfter: DataCursor()))
        }
        #expect(error?.description.contains("\(path): the segment whose ids have SHA-256") == true)
        #expect(error?.description.contains("position 1: expected a finite log-prob of at most 0, got 0.25") == true)
    }
}

private struct ConstantWeights: StepSource {
    let weight: Float
    init(_ weight: Float) { self.weight = weight }
    func request(_ batch: StepBatch) {}
    func answer(_ question: WeightQuestion) throws -> [WindowWeights] {
        question.student.map {
            WindowWeights(weights: Array(repeating: weight, count: $0.count), clippedLow: 0, clippedHigh: 0)
        }
    }
    var scoresFingerprint: String? { nil }
}
