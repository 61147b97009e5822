import Corpora
import ScoreFiles
import SideCars
import System
import Training
import Transformers

/// What happens during a run, for whoever shows it. An event comes after what it tells of is in the log or on disk.
package enum AnnealingEvent: Sendable {
    /// An optimizer step, skipped ones included.
    case step(StepRecord)
    /// A held-out loss on its way: tokens that are done, from 0 on, and those of the whole.
    case evaluating(tokens: Int, of: Int)
    /// A held-out loss, and the seconds that it took.
    case evaluation(EvaluationRecord, seconds: Double)
    /// A checkpoint of the run, at `path`, with `step` steps done.
    case saved(path: String, step: Int)
}

/// The student on its way through a run, written every so many steps for others to read.
package struct PeriodicExport {
    /// Steps between two exports, 1 or more. None comes after the run's last step.
    package let everySteps: Int
    /// Whether the student of a step is there, whole: a run that is resumed behind it keeps it.
    package let isWritten: (_ step: Int) -> Bool
    /// Writes the student as it is; what it wrote for the same step before is written over.
    package let write: (RunState) throws -> Void

    /// `everySteps` is 1 or more.
    package init(
        everySteps: Int, isWritten: @escaping (_ step: Int) -> Bool, write: @escaping (RunState) throws -> Void
    ) {
        precondition(everySteps > 0, "an export every 0 steps is none")
        self.everySteps = everySteps
        self.isWritten = isWritten
        self.write = write
    }
}

/// The student with the lowest held-out loss, kept for others to read.
package struct BestStudent {
    /// Step of the student that is kept already; nil where there is none, `Int.max` where it is not whole.
    package let step: Int?
    /// Writes the student as it is over the one that is kept.
    package let write: (RunState) throws -> Void
    /// Puts the student that is kept elsewhere: it is of a step that the run has yet to come to, or the best by another held-out corpus.
    package let setAside: () throws -> Void

    package init(step: Int?, write: @escaping (RunState) throws -> Void, setAside: @escaping () throws -> Void) {
        self.step = step
        self.write = write
        self.setAside = setAside
    }

    /// Step of the student in a directory, as `step` has it. One without a lineage, which is written last, is later than any step: it is of
    /// a step that the run has not come to, or that it comes to again.
    package static func step(in path: String) -> Int? {
        (try? RunLineage(in: path).steps) ?? FileIdentity(path).map { _ in .max }
    }
}

/// Runs the steps of an annealing (or pretraining) from where its state stands to the last one: pulls ahead, steps, logs,
/// evaluates, saves.
package final class Annealer {
    private let loop: TrainingLoop<RunState, LogRecord>
    private let trainStep: TrainStep
    private let heldOut: HeldOutLoss?
    private let export: PeriodicExport?
    private let best: BestStudent?
    private let prefetchSteps: Int
    private let teacherFingerprints: () -> TeacherFingerprints
    private let stop: StopFlag
    private let onEvent: (AnnealingEvent) -> Void

    private let options: AnnealingOptions
    /// Names of a mix's sources, in the order of `Corpus.sources`; empty where there is one corpus.
    private let sourceNames: [String]
    private var upcoming: UpcomingSteps

    /// State of the run after the last step that is done: what a checkpoint made now would hold.
    package var state: RunState { loop.state }

    /// Opens the log, cut back to the state's step, and goes to the state's place in the corpus.
    ///
    /// - Parameters:
    ///   - state: that of the student and the optimizer inside `trainStep`: new, or read back with the mark of its log.
    ///   - heldOut: nil for a run without held-out losses.
    ///   - firstEpoch: the corpus's plan, where it was made already.
    ///   - best: nil where the student with the lowest held-out loss is not kept.
    ///   - teacherFingerprints: of the teachers, where they are known only once a server answers.
    ///   - prefetchSteps: how many steps ahead of the one that is computed the teacher is asked.
    /// - Throws: `TrainingError.damagedLog`, `.fileFailed` for the log; `CorpusError` where the corpus gives no window.
    package init(
        trainStep: TrainStep, state: RunState, corpus: Corpus, firstEpoch: EpochPlan? = nil, heldOut: HeldOutLoss?,
        records: RunRecords, export: PeriodicExport? = nil, best: BestStudent? = nil, prefetchSteps: Int,
        teacherFingerprints: @escaping () -> TeacherFingerprints = { TeacherFingerprints() },
        stop: StopFlag,
        onEvent: @escaping (AnnealingEvent) -> Void
    ) throws {
        self.trainStep = trainStep
        self.heldOut = heldOut
        self.export = export
        self.best = best
        self.prefetchSteps = prefetchSteps
        self.teacherFingerprints = teacherFingerprints
        self.stop = stop
        self.onEvent = onEvent
        options = state.options
        sourceNames = corpus.isMix ? corpus.sources.map(\.name) : []
        loop = try TrainingLoop(
            state: state, student: trainStep.student, optimizer: trainStep.optimizer, records: records, stop: stop
        ) { path, step in onEvent(.saved(path: path, step: step)) }
        upcoming = try UpcomingSteps(
            after: state.step, of: options.totalSteps, windowsPerStep: options.batchSequences,
            stream: WindowStream(corpus, seed: options.seed, from: state.cursor, known: firstEpoch))
        loop.state.updates = trainStep.optimizer.updates
        if state.nextTokenSteps == nil { loop.state.nextTokenSteps = try Self.nextTokenSteps(records.logPath) }
    }

    /// States of before they were kept have them in the log.
    private static func nextTokenSteps(_ log: String) throws -> StepRanges? {
        var steps: StepRanges?
        for case .step(let record) in try RunLog.records(log) where record.ntp == true { steps.append(record.step) }
        return steps
    }

    /// Whether the run ends before its last step, since its held-out loss has got worse for as long as `stopAfterWorse` says.
    package var endsEarly: Bool {
        guard let most = options.stopAfterWorse, let lowest = state.lowestHeldOutLoss else { return false }
        return lowest.worseSince >= most
    }

    /// Runs the steps that are left, or until the held-out loss has got worse for long enough, and returns with the final state saved.
    ///
    /// - Throws: `TrainingError.interrupted`, `AnnealingError.teacherAway`: the state was saved, the run can be resumed.
    ///   `.teacherUnusable`, `.impossibleLogProb`, `.wrongTeacherAnswer`, `SideCarError`, `ScoreFileError` and `WeightingProgramError`: likewise, unless no step was done yet.
    ///   `.diverged` names the step, that of a held-out loss too, and the last checkpoint before it. After any other error the last checkpoint stands.
    package func run() throws {
        do {
            try runSteps()
        } catch let error as AnnealingError {
            switch error {
            case .nonFinite(let step, _, _), .nonFiniteLogProb(let step, _, _, _, _), .nonFiniteHeldOutLoss(let step):
                throw AnnealingError.diverged(reason: error.description, lastGood: loop.lastGood(before: step))
            default: throw error
            }
        }
    }

    private func runSteps() throws {
        try loop.run(
            to: options.totalSteps,
            first: {
                try restoreBest()
                if state.step == 0 || evaluationIsDue { try evaluate() }
                // A run may have been stopped inside that evaluation, before its export.
                if let export, state.step > 0, !export.isWritten(state.step) { try writeExport(export) }
            },
            endsEarly: { endsEarly }, keepsState: keepsState
        ) {
            try step()
            if evaluationIsDue { try evaluate() }
            // Before the state is saved: a run that goes on after a step has that step's export.
            if let export { try writeExport(export) }
        }
    }

    private func writeExport(_ export: PeriodicExport) throws {
        guard state.step % export.everySteps == 0, state.step < options.totalSteps else { return }
        try export.write(state)
    }

    /// Whether no step is half done: what came before is good, and goes on once what stopped it is mended.
    private func keepsState(_ error: any Error) -> Bool {
        switch error {
        case TrainingError.interrupted, AnnealingError.teacherAway: true
        // Where the first answer is of no use there is nothing to keep: the command can be given again as it was.
        case let error as AnnealingError: error.isUnusableAnswer && state.step > 0
        case is SideCarError, is ScoreFileError, is WeightingProgramError: state.step > 0
        default: false
        }
    }

    private func step() throws {
        let clock = ContinuousClock()
        let start = clock.now
        try upcoming.fill(prefetchSteps + 1) { trainStep.request($0) }
        let batch = upcoming.removeFirst()
        let learningRate = options.schedule.rate(step: batch.step - 1, totalSteps: options.totalSteps)
        let statistics = try trainStep.run(batch, learningRate: learningRate, spikes: &loop.state.spikes)
        count(statistics, of: batch)
        let sourceTokens =
            sourceNames.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: zip(sourceNames, batch.sourceTokens(sourceNames.count)))
        let record = statistics.record(
            step: batch.step, epoch: batch.cursorAfter.epoch, learningRate: learningRate, elapsed: clock.now - start,
            sourceTokens: sourceTokens, phase: batch.phase)
        try loop.append(.step(record))
        onEvent(.step(record))
    }

    private func count(_ statistics: StepStatistics, of batch: StepBatch) {
        loop.state.step = batch.step
        loop.state.cursor = batch.cursorAfter
        loop.state.tokens += statistics.tokens
        loop.state.scoredTokens += statistics.scoredTokens
        loop.state.updates = trainStep.optimizer.updates
        loop.state.skippedSteps += statistics.isSkipped ? 1 : 0
        if statistics.isNextToken { loop.state.nextTokenSteps.append(batch.step) }
        let teachers = teacherFingerprints()
        loop.state.inputs.teacher = state.inputs.teacher ?? teachers.model
        loop.state.inputs.domainTeachers = teachers.domainModels ?? state.inputs.domainTeachers
        loop.state.take(scores: trainStep.scoresFingerprint, ofDomains: teachers.domainScores)
        loop.state.note(
            otherScores: teachers.otherScores, ofDomains: teachers.domains.mapValues(\.otherScores),
            after: batch.step - 1)
    }

    /// Whether this step's held-out loss is to be taken; true also where a run was stopped inside its evaluation.
    private var evaluationIsDue: Bool {
        state.step == options.totalSteps || (options.evaluateEvery > 0 && state.step % options.evaluateEvery == 0)
    }

    private func evaluate() throws {
        // States of before it was kept have it in the log.
        guard let heldOut, state.lastEvaluation ?? loop.lastEvaluation != state.step else { return }
        let start = ContinuousClock.now
        var done = 0
        onEvent(.evaluating(tokens: 0, of: heldOut.tokenCount))
        let result: HeldOutLoss.Result
        do {
            result = try heldOut.evaluate(
                stop: stop,
                onProgress: { tokens in
                    done += tokens
                    onEvent(.evaluating(tokens: done, of: heldOut.tokenCount))
                }, logProbs: trainStep.student.logProbs)
        } catch TransformerError.nonFiniteLogProb where state.step > 0 {
            // Before the first step it is the student that the run was given.
            throw AnnealingError.nonFiniteHeldOutLoss(step: state.step)
        }
        let record = EvaluationRecord(
            step: state.step, heldOutLoss: result.loss, heldOutTokens: result.scoredTokens,
            heldOutDomains: result.domains.isEmpty ? nil : result.domains)
        try note(record)
        try loop.append(.evaluation(record))
        loop.state.lastEvaluation = record.step
        onEvent(.evaluation(record, seconds: (ContinuousClock.now - start) / .seconds(1)))
    }

    private func note(_ record: EvaluationRecord) throws {
        guard options.needsLowestHeldOutLoss else { return }
        let (loss, step) = (record.heldOutLoss, record.step)
        loop.state.lowestHeldOutLoss =
            state.lowestHeldOutLoss?.after(loss: loss, step: step) ?? LowestHeldOutLoss(loss: loss, step: step)
        if state.lowestHeldOutLoss?.step == step { try best?.write(state) }
    }

    /// What is kept is of the run as far as it has come: a student of a later step is another run's, or comes again. Where no loss counts
    /// yet, though steps are done, it is the best by another held-out corpus: the first loss by this one is not to take its place.
    private func restoreBest() throws {
        guard let best else { return }
        let isOfOtherCorpus = state.step > 0 && state.lowestHeldOutLoss == nil
        if let step = best.step, step > state.step || isOfOtherCorpus { try best.setAside() }
        if state.lowestHeldOutLoss?.step == state.step, best.step != state.step { try best.write(state) }
    }
}
