import Annealing
import CommandLines
import Corpora
import Digests
import TeacherLinks
import Tokenizers
import TokenWeights
import Training
import Transformers

extension TrainingRun {
    /// State and optimizer as the first step finds them. Of a resumed run the student's parameters are the checkpoint's from here on, and
    /// later checkpoints are set aside.
    func beginning(_ opened: OpenedRun, _ material: RunMaterial) throws -> (state: RunState, optimizer: AdamW) {
        let continued = try plan.optimizer.loadOptimizer.map { try RunStateStore.savedRun($0) }
        if let continued, !continued.hasDigests {
            terminal.line("\(continued.path) was saved without digests: damage to it would not be found")
        }
        let student = opened.student
        var state = RunState(
            options: material.options, inputs: inputs(opened, material, continued),
            kernelPath: KernelPathName.inUse(opened.workers, terminal, precision: plan.optimizer.precision))
        let optimizer = AdamW(material.options.optimizer, for: student, workers: opened.workers)
        if let saved = opened.saved {
            var before = saved.state
            if plan.student.isNamed(byEarlier: before.inputs.student, seed: plan.optimizer.seed) {
                before.inputs.student = state.inputs.student
            }
            state.scoresFingerprint = material.teacher?.fingerprints.scores
            state.domainScoresFingerprints = material.teacher?.fingerprints.domainScores
            state = try before.resumed(by: state, permitting: plan.permissions)
            try saved.restore(student, optimizer)
            try opened.resumePoint.leaveLaterOnes(saved)
            terminal.line("resuming after step \(saved.state.step) of \(material.options.totalSteps) (\(saved.path))")
            for change in state.changes.dropFirst(saved.state.changes.count) {
                terminal.line("from here on with another \(change.what): \(change.was) before, \(change.now) now")
            }
        } else if let continued {
            try continued.continueMoments(optimizer, of: student)
            terminal.line("optimizer state after \(optimizer.updates) updates of \(continued.path)")
        }
        return (state, optimizer)
    }

    private func inputs(_ opened: OpenedRun, _ material: RunMaterial, _ continued: SavedRun?) -> RunInputs {
        let teacher = material.teacher
        let readsDomains = material.weighting.needsDomains || teacher?.fingerprints.domainModels != nil
        return RunInputs(
            student: opened.fingerprint.hex,
            tokenizer: opened.text.tokenizer.fingerprint.hex, corpus: material.training.fingerprint.hex,
            domains: readsDomains ? material.training.domainFingerprint.hex : nil,
            evaluationCorpus: material.heldOut?.fingerprint.hex, teacher: teacher?.fingerprints.model,
            domainTeachers: teacher?.fingerprints.domainModels,
            padding: ResumeCheck.text(ofTokens: [opened.student.paddingID].compactMap(\.self)),
            optimizer: continued?.fingerprint.hex)
    }
}
