import Annealing
import CommandLines
import Formats
import Foundation
import RunReports
import System
import TeacherLinks
import TokenWeights
import Training

/// A run from the command line to the finished checkpoint. Nothing is computed before all that can be checked has been.
struct TrainingRun {
    let plan: TrainingPlan
    let stop: StopFlag
    let terminal: Terminal

    func run() throws -> RunSummary {
        try plan.validate()
        try plan.checkPaths()
        let opened = try open()
        let material = try material(opened)
        let (state, optimizer) = try beginning(opened, material)
        let trainStep = try trainStep(opened, material, optimizer)
        try describe(opened, material, state)
        let output = RunOutput(
            plan: plan, directory: opened.directory, student: opened.student, optimizer: optimizer,
            teacher: material.teacher, text: opened.textFiles)
        let totalSteps = material.options.totalSteps
        let annealer = try annealer(trainStep, state, opened, material, output)
        try annealer.run()
        sayWhyItEnded(annealer, before: totalSteps)
        try output.write(annealer.state)
        var summary = RunSummary(
            directory: output.directory.path, weighting: plan.teacher.weights.weighting,
            isDistilled: plan.distillation != nil)
        summary.read(try RunLog.records(output.directory.logPath), state: annealer.state)
        return summary
    }

    /// Trackers know a run by what it was started as, which a resumed one keeps.
    private func describe(_ opened: OpenedRun, _ material: RunMaterial, _ state: RunState) throws {
        guard opened.saved == nil || RunDescription(in: opened.directory.path) == nil else { return }
        let teacher = material.teacher
        try RunDescription(
            version: ProgramVersion.current, command: plan.command, student: plan.student.name,
            textDirectory: URL(fileURLWithPath: plan.student.textDirectory).standardizedFileURL.path,
            corpus: plan.data.corpus + (plan.data.mix.map { [$0] } ?? []), evaluationCorpus: plan.data.evalCorpus,
            teacher: teacher?.name, domainTeachers: teacher?.domainNames,
            servers: teacher == nil ? [] : plan.teacher.server,
            logprobsFrom: teacher == nil ? nil : plan.teacher.logprobsFrom,
            threads: plan.run.compute.threadsInForce, state: state
        ).write(to: opened.directory.path)
    }

    /// The steps one after the other, and who is told of them.
    private func annealer(
        _ trainStep: TrainStep, _ state: RunState, _ opened: OpenedRun, _ material: RunMaterial, _ output: RunOutput
    ) throws -> Annealer {
        let directory = opened.directory
        let events = try RunEvents(
            directory: plan.tensorboard ?? directory.path + "/tensorboard", nextStep: state.step + 1
        ) { terminal.line("warning: no more TensorBoard events: \($0)") }
        let display = ProgressDisplay(
            terminal, totalSteps: material.options.totalSteps,
            showsWeights: material.weighting.needsTeacher || material.weighting is ProgramWeighting,
            showsTeacher: plan.needsTeacher(material.weighting),
            evaluateEvery: material.heldOut == nil ? nil : plan.data.evalEvery)
        return try Annealer(
            trainStep: trainStep, state: state, corpus: material.training, firstEpoch: material.epoch,
            heldOut: try material.heldOut.map {
                try HeldOutLoss($0, windowsPerForward: material.options.microBatchSequences)
            },
            records: RunRecords(
                store: opened.store, logPath: directory.logPath, logMark: opened.saved?.log,
                saveEvery: plan.run.saveEvery),
            export: plan.exportEvery == 0
                ? nil
                : PeriodicExport(everySteps: plan.exportEvery, isWritten: output.isExported) { try output.export($0) },
            best: plan.data.keepBest ? output.best { terminal.line($0) } : nil,
            prefetchSteps: plan.teacher.prefetch,
            teacherFingerprints: { material.teacher?.fingerprints ?? TeacherFingerprints() },
            stop: stop
        ) { event in
            display.show(event)
            events.show(event)
        }
    }

    private func sayWhyItEnded(_ annealer: Annealer, before totalSteps: Int) {
        let step = annealer.state.step
        guard annealer.endsEarly, step < totalSteps, let lowest = annealer.state.lowestHeldOutLoss else { return }
        terminal.line(
            "ended after step \(step) of \(totalSteps): the held-out loss has not been below "
                + "\(Format.loss(lowest.loss)), that of step \(lowest.step), for \(lowest.worseSince) times")
    }
}
