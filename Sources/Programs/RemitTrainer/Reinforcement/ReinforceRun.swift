import Annealing
import Checkpoints
import Coding
import CommandLines
import Corpora
import Digests
import Formats
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
        try ReinforcementJudge.check(reward: arguments.reward)
        try PathCheck.input(directory: student, "--student")
        let files = try ReinforcementJudge.promptFiles(arguments)
        for remark in files?.remarks() ?? [] { terminal.line("prompts: \(remark)") }
        try PathCheck.output(directory: output.out, "--out")
        let checkpoint = try Checkpoint(model: student, ignoring: output.compute.ignoredConfigFields)
        let textFiles = try TextFiles(directory: student)
        let side = try TextSide(directory: student)
        for remark in side.remarks { terminal.line("student: \(remark)") }
        let text = CompletionText(tokenizer: side.tokenizer, endOfSequence: side.endOfSequence)
        let workers = try output.compute.workers()
        let model = try TrainableTransformer(checkpoint: checkpoint, workers: workers)
        for remark in model.description.remarks { terminal.line("\(student): \(remark)") }
        try options.optimizer.check(model.parameters)
        try TrainingError.require(
            options.maxNewTokens < model.description.contextLength, "max-new-tokens", options.maxNewTokens,
            "less than the \(model.description.contextLength) tokens of the student's context")
        let judge = try ReinforcementJudge(
            arguments, files,
            check: PromptCheck(text: text, model: model.description, maxNewTokens: options.maxNewTokens),
            tokenizer: student, stop: stop)
        if let line = judge.leftOutLine { terminal.line(line) }

        let directory = try RunDirectory(output.out)
        let store = RunStateStore(directory: directory.checkpointsPath, keep: max(1, output.keepCheckpoints))
        let resumePoint = ResumePoint(
            store, in: directory.path, isResumed: output.resume, from: output.resumeFrom, report: { terminal.line($0) })
        let saved = try resumePoint.savedTraining(ReinforcementState.self)
        let fingerprint = try checkpoint.modelFingerprint()
        let fresh = ReinforcementState(
            options: options,
            inputs: ReinforcementInputs(
                student: fingerprint.hex, tokenizer: side.tokenizer.fingerprint.hex,
                prompts: judge.prompts.fingerprint, promptTokens: judge.promptTokens,
                ends: ResumeCheck.text(ofTokens: text.endOfSequence.ids.map(Int.init)),
                padding: ResumeCheck.text(ofTokens: [model.paddingID].compactMap(\.self))),
            kernelPath: KernelPathName.inUse(workers, terminal))
        let optimizer = AdamW(options.optimizer, for: model, workers: workers)
        var state = fresh
        if let saved {
            state = try saved.state.resumed(
                by: fresh, allowNumericsChange: output.allowNumericsChange,
                allowLearningRateChange: output.allowLearningRateChange)
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
        let heldBytes =
            model.parameterBytes + AdamW.bytes(of: model, keepsAverage: options.optimizer.emaDecay != nil)
            + (start?.parameterByteCount ?? 0)
        let step = ReinforcementStep(
            student: model, optimizer: optimizer, start: start, options: options, prompts: judge.prompts,
            rewards: judge.rewards, text: text, loggedCompletions: arguments.logCompletions,
            memory: DecodingMemory(availableBytes: MachineMemory.bytes(beside: heldBytes)))
        // Trackers know a run by what it was started as, which a resumed one keeps.
        if saved == nil || !FileManager.default.fileExists(atPath: directory.descriptionPath) {
            try ReinforcementDescription(
                version: ProgramVersion.current, student: student,
                textDirectory: URL(fileURLWithPath: student).standardizedFileURL.path, prompts: arguments.prompts,
                threads: output.compute.threadsInForce, state: state
            ).write(to: directory)
        }
        var display = ReinforcementDisplay(terminal, totalSteps: options.totalSteps)
        let reinforcer = try Reinforcer(
            step: step, state: state,
            records: RunRecords(
                store: store, logPath: directory.logPath, logMark: saved?.log, saveEvery: output.saveEvery),
            stop: stop
        ) { record, nothingRight in
            display.show(record, nothingRight)
        }
        try reinforcer.run()
        try StudentExport(
            text: textFiles, elementType: output.parameters.elementType,
            maxShardBytes: output.parameters.maxShardSize.bytes
        ).write(model, optimizer, to: directory.path) { isMovingAverage in
            ReinforcementLineage(
                version: ProgramVersion.current, student: student, prompts: arguments.prompts,
                ignoredConfigFields: output.compute.ignoredConfigFields.isEmpty
                    ? nil : output.compute.ignoredConfigFields.sorted(),
                isMovingAverage: isMovingAverage, state: reinforcer.state)
        }
        return summary(try StepLog.records(directory.logPath), reinforcer.state)
    }

    private func summary(_ records: [ReinforcementRecord], _ state: ReinforcementState) -> String {
        var rows = [("steps", "\(state.step)"), ("tokens", "\(state.tokens) drawn")]
        let rewards = records.compactMap { record in record.meanReward.map { (step: record.step, mean: $0) } }
        if let first = rewards.first, let last = rewards.last {
            rows.append(
                (
                    "mean reward",
                    String(
                        format: "%.3f at step %d, %.3f at step %d", first.mean, first.step, last.mean, last.step)
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
}
