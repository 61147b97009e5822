import Annealing
import Checkpoints
import Coding
import CommandLines
import Corpora
import Digests
import Foundation
import Reinforcement
import System
import Tasks
import Tensors
import Tokenizers
import Training
import Transformers

/// A reinforcement from the command line to the finished checkpoint. Nothing is computed before all that can be checked has been.
struct ReinforceRun {
    let student: String
    let arguments: ReinforcementArguments
    let output: RunArguments
    let terminal: Terminal
    let stop: StopFlag

    /// The table to end with.
    func run() throws -> String {
        let options = arguments.options
        try options.validate()
        let checkpoint = try Checkpoint(model: student, ignoring: output.compute.ignoredConfigFields)
        let side = try TextSide(directory: student)
        for remark in side.remarks { terminal.line("student: \(remark)") }
        let text = CompletionText(tokenizer: side.tokenizer, endOfSequence: side.endOfSequence)
        let workers = try output.compute.workers()
        let model = try TrainableTransformer(checkpoint: checkpoint, workers: workers)
        for remark in model.description.remarks { terminal.line("\(student): \(remark)") }
        try TrainingError.require(
            options.maxNewTokens < model.description.contextLength, "max-new-tokens", options.maxNewTokens,
            "less than the \(model.description.contextLength) tokens of the student's context")
        let judge = try ReinforcementJudge(
            arguments, check: PromptCheck(text: text, model: model.description, maxNewTokens: options.maxNewTokens))
        if let line = judge.leftOutLine { terminal.line(line) }

        let directory = try RunDirectory(output.out)
        let store = RunStateStore(directory: directory.checkpointsPath, keep: max(1, output.keepCheckpoints))
        let resumePoint = ResumePoint(arguments: output, store: store, directory: directory, terminal: terminal)
        let saved = try resumePoint.savedTraining(ReinforcementState.self)
        let fingerprint = try checkpoint.modelFingerprint()
        let fresh = ReinforcementState(
            options: options,
            inputs: ReinforcementInputs(
                student: fingerprint.hex, tokenizer: side.tokenizer.fingerprint.hex,
                prompts: judge.prompts.fingerprint),
            kernelPath: KernelPathName.inUse(workers, terminal))
        let optimizer = AdamW(options.optimizer, for: model, workers: workers)
        var state = fresh
        if let saved {
            state = try saved.state.resumed(by: fresh, allowNumericsChange: output.allowNumericsChange)
            try saved.restore(model, optimizer)
            try resumePoint.leaveLaterOnes(saved)
            terminal.line("resuming after step \(state.step) of \(options.totalSteps) (\(saved.path))")
            for change in state.changes.dropFirst(saved.state.changes.count) {
                terminal.line(
                    "\(change.what) was \(change.was) and is now \(change.now): from here on the run is another one")
            }
        }
        let start =
            options.klCoefficient > 0 ? try FrozenTransformer(selfChecked: checkpoint, workers: workers) : nil
        let step = ReinforcementStep(
            student: model, optimizer: optimizer, start: start, options: options, prompts: judge.prompts,
            rewards: judge.rewards, text: text)
        let reinforcer = try Reinforcer(
            step: step, state: state,
            records: RunRecords(
                store: store, logPath: directory.logPath, logMark: saved?.log, saveEvery: output.saveEvery),
            stop: stop
        ) { record in
            terminal.status(Self.line(record, of: options.totalSteps))
            if !terminal.isInteractive, record.step % 10 == 0 || record.step == options.totalSteps {
                terminal.line(Self.line(record, of: options.totalSteps))
            }
        }
        try reinforcer.run()
        try write(model, reinforcer.state, directory)
        return summary(try StepLog.records(directory.logPath), reinforcer.state)
    }

    private static func line(_ record: ReinforcementRecord, of steps: Int) -> String {
        let seconds = record.samplingSeconds + record.rewardSeconds + record.updateSeconds
        return String(
            format: "%d/%d reward %.3f uniform %@ tokens %d finished %@ grad %.3f %.2f s", record.step, steps,
            record.meanReward, Format.percent(record.uniformShare), record.tokens,
            Format.percent(record.finishedShare), record.gradNorm, seconds)
    }

    private func summary(_ records: [ReinforcementRecord], _ state: ReinforcementState) -> String {
        var rows = [("steps", "\(state.step)"), ("tokens", "\(state.tokens) drawn")]
        if let first = records.first, let last = records.last {
            rows.append(
                (
                    "mean reward",
                    String(
                        format: "%.3f at step %d, %.3f at step %d", first.meanReward, first.step, last.meanReward,
                        last.step)
                ))
        }
        let (sampling, reward, update) = records.reduce((0, 0, 0)) {
            ($0.0 + $1.samplingSeconds, $0.1 + $1.rewardSeconds, $0.2 + $1.updateSeconds)
        }
        rows.append(
            ("seconds", String(format: "%.1f drawing, %.1f judging, %.1f updating", sampling, reward, update)))
        rows.append(("checkpoint", output.out))
        return Format.table(rows)
    }

    /// `remit.json` is written last: where it is, the checkpoint is whole.
    private func write(
        _ model: TrainableTransformer, _ state: ReinforcementState, _ directory: RunDirectory
    ) throws {
        try? FileManager.default.removeItem(atPath: directory.lineagePath)
        try Directory.synchronize(directory.path)
        try TextSide.copyFiles(from: student, to: directory.path)
        try model.save(to: directory.path, elementType: output.outDtype == .bf16 ? .bf16 : .f32)
        let lineage = Lineage(
            program: "remit-trainer", version: ProgramVersion.current, command: "reinforce", student: student,
            prompts: arguments.prompts, steps: state.step, updates: state.updates, tokens: state.tokens,
            fingerprints: state.inputs, changes: state.changes,
            ignoredConfigFields: output.compute.ignoredConfigFields.isEmpty
                ? nil : output.compute.ignoredConfigFields.sorted(),
            kernelPath: state.kernelPath, numericsVersion: state.numericsVersion,
            options: state.options)
        try AtomicFile.write(directory.lineagePath, contents: try StateCoding.description.line(lineage))
    }

    private struct Lineage: Encodable {
        var program: String
        var version: String
        var command: String
        var student: String
        var prompts: String?
        var steps: Int
        var updates: Int
        var tokens: Int
        var fingerprints: ReinforcementInputs
        var changes: [InputChange]
        var ignoredConfigFields: [String]?
        var kernelPath: String
        var numericsVersion: Int?
        var options: ReinforcementOptions
    }
}
