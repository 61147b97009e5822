import Annealing
import Checkpoints
import Coding
import CommandLines
import Corpora
import Foundation
import System
import TeacherLinks
import Training
import Transformers

/// A run's student as a Hugging Face directory, with its lineage beside it.
struct RunOutput {
    let plan: TrainingPlan
    let directory: RunDirectory
    let student: TrainableTransformer
    let teacher: RunTeacher?

    /// The finished run. `remit.json` is written last: where it is, the checkpoint is whole.
    func write(_ state: RunState) throws {
        try write(state, to: directory.path)
    }

    /// The student after a step on the way, in a directory of its own.
    func export(_ state: RunState) throws {
        let path = directory.exportPath(step: state.step)
        try Directory.create(path)
        try write(state, to: path)
    }

    private func write(_ state: RunState, to path: String) throws {
        let lineagePath = path + "/" + RunDirectory.lineageName
        try? FileManager.default.removeItem(atPath: lineagePath)
        try Directory.synchronize(path)
        try TextSide.copyFiles(from: plan.student.textDirectory, to: path)
        try student.save(
            to: path, elementType: plan.run.outDtype == .bf16 ? .bf16 : .f32,
            maxShardBytes: plan.run.maxShardSize.bytes)
        try AtomicFile.write(lineagePath, contents: try lineage(state))
    }

    private func lineage(_ state: RunState) throws -> [UInt8] {
        let student: String
        switch plan.student {
        case .checkpoint(let path): student = path
        case .random: student = "random weights"
        }
        let lineage = Lineage(
            program: "remit-trainer", version: ProgramVersion.current, command: plan.command, student: student,
            corpus: plan.data.corpus, mix: plan.mix?.sources, teacher: teacher?.name,
            servers: plan.teacher.server.isEmpty ? nil : plan.teacher.server,
            logprobsFrom: plan.teacher.logprobsFrom,
            weightsAt: teacher == nil ? nil : plan.teacher.weightsAt.rawValue, steps: state.step, tokens: state.tokens,
            scoredTokens: state.scoredTokens, skippedSteps: state.skippedSteps, optimizerUpdates: state.updates,
            fingerprints: state.inputs,
            changes: state.changes, scoresFingerprint: state.scoresFingerprint,
            ignoredConfigFields: plan.run.compute.ignoredConfigFields.isEmpty
                ? nil : plan.run.compute.ignoredConfigFields.sorted(),
            kernelPath: state.kernelPath, numericsVersion: state.numericsVersion, options: state.options)
        return try StateCoding.description.line(lineage)
    }

    private struct Lineage: Encodable {
        var program: String
        var version: String
        var command: String
        var student: String
        var corpus: [String]
        var mix: [MixFile.Source]?
        var teacher: String?
        var servers: [String]?
        var logprobsFrom: String?
        var weightsAt: String?
        var steps: Int
        var tokens: Int
        var scoredTokens: Int
        var skippedSteps: Int
        /// Those of a run whose optimizer state was continued included.
        var optimizerUpdates: Int
        var fingerprints: RunInputs
        /// What was another one when the run was resumed.
        var changes: [InputChange]
        var scoresFingerprint: String?
        var ignoredConfigFields: [String]?
        var kernelPath: String
        var numericsVersion: Int?
        var options: AnnealingOptions
    }
}
