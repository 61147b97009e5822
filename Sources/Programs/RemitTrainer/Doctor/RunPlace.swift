import Annealing
import CommandLines
import Examinations
import Training

/// The directory of the result: whether a run can begin there, or go on. Asks what anneal asks, without its lock, and writes nothing.
struct RunPlace {
    /// What must be the same where a run is resumed, as far as a doctor knows it.
    struct Known {
        /// Longest segment, in tokens.
        let sequenceLength: Int
        /// Fingerprint of the tokenizer, in hexadecimal.
        let tokenizer: String
        /// Fingerprint of the student as it begins, in hexadecimal.
        let student: String
    }

    let plan: TrainingPlan
    let terminal: Terminal

    /// - Parameter known: nil: a run that is to be resumed is looked for, and not compared.
    /// - Throws: `TrainingError` where anneal would refuse to begin.
    func examine(_ known: Known?, _ findings: inout Findings) throws {
        var remarks: [String] = []
        let store = RunStateStore(
            directory: RunDirectory.checkpointsPath(in: plan.run.out), keep: plan.run.keepCheckpoints)
        let resumePoint = ResumePoint(
            store, in: plan.run.out, isResumed: plan.run.resume, from: plan.run.resumeFrom
        ) { remarks.append($0) }
        if plan.run.isResumed { terminal.status("checking the checkpoint") }
        guard let saved = try resumePoint.savedTraining(RunState.self) else {
            findings.add(.fine, "run", remarks.first ?? "begins at its first step in \(plan.run.out)")
            return
        }
        for remark in remarks { findings.add(.doubtful, "run", remark) }
        if let known {
            let resumed = try saved.state.resumed(by: now(saved.state, known), permitting: plan.permissions)
            for change in resumed.changes.dropFirst(saved.state.changes.count) {
                findings.add(
                    .doubtful, "run", "goes on with another \(change.what): \(change.was) before, \(change.now) now")
            }
        }
        findings.add(
            .fine, "run",
            "goes on after step \(saved.state.step) of \(saved.state.options.totalSteps) in \(plan.run.out); whether corpus and "
                + "teacher are those that it had is seen when it does")
    }

    /// The state with which the run would begin, with the corpus and the teacher of the saved one. With --epochs the steps depend on the
    /// corpus.
    private func now(_ saved: RunState, _ known: Known) throws -> RunState {
        var options = plan.options(sequenceLength: known.sequenceLength)
        options.totalSteps = plan.optimizer.steps ?? saved.options.totalSteps
        var inputs = saved.inputs
        inputs.tokenizer = known.tokenizer
        inputs.student = known.student
        return RunState(
            options: options, inputs: inputs,
            kernelPath: KernelPathName.inUse(
                try plan.run.compute.workers(), terminal, precision: plan.optimizer.precision))
    }
}
