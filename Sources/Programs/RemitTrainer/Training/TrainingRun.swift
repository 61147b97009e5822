import RunFiles
import Annealing
import CommandLines
import Corpora
import Digests
import Formats
import Foundation
import RunReports
import ScoreFiles
import System
import TeacherLinks
import Tensors
import Tokenizers
import TokenWeights
import Training
import Transformers

/// A run from the command line to the finished checkpoint. Reads top to bottom; nothing is computed before all that can be
/// checked has been.
struct TrainingRun {
    let plan: TrainingPlan
    let stop: StopFlag
    let terminal: Terminal

    func run() throws -> RunSummary {
        try plan.validate()
        try plan.checkPaths()
        let workers = try plan.run.compute.workers()
        let textFiles = try TextFiles(directory: plan.student.textDirectory)
        let text = try plan.student.textSide()
        for remark in text.remarks { terminal.line("student: \(remark)") }
        let source = try plan.studentSource()
        let student = try makeStudent(source, workers)
        let fingerprint = try source.fingerprint()

        let directory = try RunDirectory(plan.run.out)
        let store = RunStateStore(directory: directory.checkpointsPath, keep: plan.run.keepCheckpoints)
        let resumePoint = ResumePoint(
            store, in: directory.path, isResumed: plan.run.resume, from: plan.run.resumeFrom,
            report: { terminal.line($0) })
        if plan.run.isResumed { terminal.status("checking the checkpoint") }
        let saved = try resumePoint.savedTraining(RunState.self)
        let sequenceLength = try SequenceLength.resolved(
            plan.data.sequenceLength, contextLength: student.description.contextLength)
        let weighting = try plan.weighting(stop: stop)
        // Before a corpus is read for an hour: whether it is a program that answers.
        try (weighting as? ProgramWeighting)?.check()
        let teacher =
            plan.needsTeacher(weighting)
            ? try connect(
                text, sequenceLength, weighting, student: fingerprint,
                vocabularySize: student.description.vocabularySize, saved: saved?.state) : nil

        let corpora = try loadCorpora(text, directory, sequenceLength)
        try DomainCheck(weighting).check(corpora.training)
        try DomainTeachers.check(plan.teacher.domainTeachers.map(\.domain), corpora.training)
        for corpus in [corpora.training, corpora.heldOut].compactMap(\.self) {
            try text.unreadable.check(corpus, terminal, stop)
        }
        try teacher?.check(corpora.training) { what, share in
            try stop.throwIfRequested()
            terminal.status("looking for \(what): \(Format.percent(share))")
        }
        var options = plan.options(sequenceLength: sequenceLength)
        let epoch = try corpora.training.plan(seed: options.seed, epoch: 0)
        options.totalSteps = try totalSteps(corpora.training, epoch)
        try options.validate()
        terminal.line(
            "\(options.totalSteps) steps; \(epoch.windowCount) windows of \(sequenceLength) tokens an epoch, "
                + "\(Format.percent(epoch.paddingShare)) of their room unused")

        let continued = try plan.optimizer.loadOptimizer.map { try RunStateStore.savedRun($0) }
        if let continued, !continued.hasDigests {
            terminal.line("\(continued.path) was saved without digests: damage to it would not be found")
        }
        var state = RunState(
            options: options,
            inputs: inputs(text, student, corpora, weighting, teacher, fingerprint: fingerprint, continued),
            kernelPath: KernelPathName.inUse(workers, terminal, precision: plan.optimizer.precision))
        let optimizer = AdamW(options.optimizer, for: student, workers: workers)
        if let saved {
            var before = saved.state
            if plan.student.isNamed(byEarlier: before.inputs.student, seed: plan.optimizer.seed) {
                before.inputs.student = state.inputs.student
            }
            state.scoresFingerprint = teacher?.fingerprints.scores
            state.domainScoresFingerprints = teacher?.fingerprints.domainScores
            state = try before.resumed(by: state, permitting: plan.permissions)
            try saved.restore(student, optimizer)
            try resumePoint.leaveLaterOnes(saved)
            terminal.line("resuming after step \(saved.state.step) of \(options.totalSteps) (\(saved.path))")
            for change in state.changes.dropFirst(saved.state.changes.count) {
                terminal.line("from here on with another \(change.what): \(change.was) before, \(change.now) now")
            }
        } else if let continued {
            try continued.continueMoments(optimizer, of: student)
            terminal.line("optimizer state after \(optimizer.updates) updates of \(continued.path)")
        }

        let trainStep = TrainStep(
            student: student, optimizer: optimizer, weighting: weighting,
            weightSource: try weightSource(weighting, teacher, corpora.training.domains, base: source, workers),
            options: options,
            distillation: distillation(
                teacher, vocabularySize: student.description.vocabularySize, corpora.training.domains),
            nextTokenOnOutage: plan.teacher.onOutage == .ntp)
        let threads = plan.run.compute.threadsInForce
        // Trackers know a run by what it was started as, which a resumed one keeps.
        if saved == nil || RunDescription(in: directory.path) == nil {
            try description(teacher, threads: threads, state).write(to: directory.path)
        }
        let events = try RunEvents(
            directory: plan.tensorboard ?? directory.path + "/tensorboard", nextStep: state.step + 1
        ) { terminal.line("warning: no more TensorBoard events: \($0)") }
        let display = ProgressDisplay(
            terminal, totalSteps: options.totalSteps,
            showsWeights: weighting.needsTeacher || weighting is ProgramWeighting,
            showsTeacher: plan.needsTeacher(weighting),
            evaluateEvery: corpora.heldOut == nil ? nil : plan.data.evalEvery)
        var summary = RunSummary(
            directory: directory.path, weighting: plan.teacher.weights.weighting, isDistilled: plan.distillation != nil)
        let output = RunOutput(
            plan: plan, directory: directory, student: student, optimizer: optimizer, teacher: teacher,
            text: textFiles)
        let annealer = try Annealer(
            trainStep: trainStep, state: state, corpus: corpora.training, firstEpoch: epoch,
            heldOut: try corpora.heldOut.map { try HeldOutLoss($0, windowsPerForward: options.microBatchSequences) },
            records: RunRecords(
                store: store, logPath: directory.logPath, logMark: saved?.log, saveEvery: plan.run.saveEvery),
            export: plan.exportEvery == 0
                ? nil
                : PeriodicExport(everySteps: plan.exportEvery, isWritten: output.isExported) { try output.export($0) },
            best: plan.data.keepBest ? output.best { terminal.line($0) } : nil,
            prefetchSteps: plan.teacher.prefetch,
            teacherFingerprints: { teacher?.fingerprints ?? TeacherFingerprints() },
            stop: stop
        ) { event in
            display.show(event)
            events.show(event)
        }
        try annealer.run()
        if annealer.endsEarly, annealer.state.step < options.totalSteps, let lowest = annealer.state.lowestHeldOutLoss {
            terminal.line(
                "ended after step \(annealer.state.step) of \(options.totalSteps): the held-out loss has not been below "
                    + "\(Format.loss(lowest.loss)), that of step \(lowest.step), for \(lowest.worseSince) times")
        }

        try output.write(annealer.state)
        summary.read(try RunLog.records(directory.logPath), state: annealer.state)
        return summary
    }

    private func description(_ teacher: RunTeacher?, threads: Int, _ state: RunState) -> RunDescription {
        RunDescription(
            version: ProgramVersion.current, command: plan.command, student: plan.student.name,
            textDirectory: URL(fileURLWithPath: plan.student.textDirectory).standardizedFileURL.path,
            corpus: plan.data.corpus + (plan.data.mix.map { [$0] } ?? []), evaluationCorpus: plan.data.evalCorpus,
            teacher: teacher?.name, domainTeachers: teacher?.domainNames,
            servers: teacher == nil ? [] : plan.teacher.server,
            logprobsFrom: teacher == nil ? nil : plan.teacher.logprobsFrom, threads: threads, state: state)
    }

    private func makeStudent(_ source: StudentSource, _ workers: WorkerPool) throws -> TrainableTransformer {
        let student = try source.student(precision: plan.optimizer.precision, workers: workers)
        for remark in student.description.remarks { terminal.line("student: \(remark)") }
        try plan.optimizer.update.adamW.check(student.parameters)
        return student
    }

    private func loadCorpora(
        _ text: TextSide, _ directory: RunDirectory, _ sequenceLength: Int
    ) throws -> (training: Corpus, heldOut: Corpus?) {
        let loader = CorpusLoader(
            text: text, cacheDirectory: plan.data.tokenCache ?? directory.tokensPath,
            fields: plan.data.records.fields,
            skipBadLines: plan.data.records.skipBadLines,
            sequenceLength: sequenceLength, notices: LoadingNotices(terminal), stop: stop)
        let training =
            try plan.mix.map {
                try loader.load(
                    $0.sources, phases: $0.phases, attention: plan.data.attention, order: plan.data.order)
            }
            ?? loader.load(
                plan.data.corpus, role: "corpus", attention: plan.data.attention, order: plan.data.order)
        let heldOut =
            plan.data.evalCorpus.isEmpty
            ? nil : try loader.loadHeldOut(plan.data.evalCorpus, role: "held-out corpus", beside: training)
        return (training, heldOut)
    }

    private func totalSteps(_ corpus: Corpus, _ first: EpochPlan) throws -> Int {
        if let steps = plan.optimizer.steps { return steps }
        return try WindowStream.stepCount(
            corpus, seed: plan.optimizer.seed, epochs: plan.optimizer.epochs ?? 1,
            windows: plan.optimizer.batchSequences, known: first)
    }

    private func inputs(
        _ text: TextSide, _ student: TrainableTransformer, _ corpora: (training: Corpus, heldOut: Corpus?),
        _ weighting: any TokenWeighting, _ teacher: RunTeacher?, fingerprint: SHA256Digest, _ continued: SavedRun?
    ) -> RunInputs {
        let readsDomains = weighting.needsDomains || teacher?.fingerprints.domainModels != nil
        return RunInputs(
            student: fingerprint.hex,
            tokenizer: text.tokenizer.fingerprint.hex, corpus: corpora.training.fingerprint.hex,
            domains: readsDomains ? corpora.training.domainFingerprint.hex : nil,
            evaluationCorpus: corpora.heldOut?.fingerprint.hex, teacher: teacher?.fingerprints.model,
            domainTeachers: teacher?.fingerprints.domainModels,
            padding: ResumeCheck.text(ofTokens: [student.paddingID].compactMap(\.self)),
            optimizer: continued?.fingerprint.hex)
    }

    private func distillation(_ teacher: RunTeacher?, vocabularySize: Int, _ domains: [String]) -> Distillation? {
        guard let options = plan.distillation else { return nil }
        let distilled = DistilledTeacher(options, vocabularySize: vocabularySize)
        return teacher?.softTargetSource(distilled, domains: domains).map { Distillation(options, from: $0) }
    }

    private func weightSource(
        _ weighting: any TokenWeighting, _ teacher: RunTeacher?, _ domains: [String], base source: StudentSource,
        _ workers: WorkerPool
    ) throws -> any WeightSource {
        guard let teacher, weighting.needsTeacher else {
            return LocalTokenWeights(weighting, teacher: nil, domains: domains)
        }
        if plan.teacher.weightsAt == .server, case .server(let connection) = teacher {
            return connection.serverWeights(weighting, plan.teacher.weights.choice)
        }
        var base: FrozenLogProbs?
        if weighting.studentSource == .base,
            let model = try source.frozen(precision: plan.optimizer.precision, workers: workers)
        {
            base = FrozenLogProbs(model, windowsPerForward: plan.optimizer.microBatchSequences)
        }
        if weighting.needsEntropies, let scores = teacher.teacherScoreSource(domains: domains) {
            return LocalTokenWeights(weighting, scores: scores, base: base, domains: domains)
        }
        return LocalTokenWeights(
            weighting, teacher: teacher.logProbSource(domains: domains), base: base, domains: domains)
    }
}
