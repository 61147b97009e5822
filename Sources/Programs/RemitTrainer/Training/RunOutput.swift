import RunFiles
import Annealing
import CommandLines
import Corpora
import System
import TeacherLinks
import Training
import Transformers

/// A run's student as a Hugging Face directory, with its lineage beside it, and its moving average where one is kept.
struct RunOutput {
    let plan: TrainingPlan
    let directory: RunDirectory
    let student: TrainableTransformer
    let optimizer: AdamW
    let teacher: RunTeacher?
    /// Of the student as the run found it.
    let text: TextFiles

    /// The finished run.
    func write(_ state: RunState) throws {
        try write(state, to: directory.path)
    }

    /// The student after a step on the way, in a directory of its own.
    func export(_ state: RunState) throws {
        let path = directory.exportPath(step: state.step)
        try Directory.create(path)
        try write(state, to: path)
    }

    /// Whether the student of a step was exported, whole.
    func isExported(step: Int) -> Bool { (try? RunLineage(in: directory.exportPath(step: step)).steps) == step }

    /// The student with the lowest held-out loss so far, in a directory of its own.
    ///
    /// - Parameter report: told in a line what a person should know.
    func best(report: @escaping (String) -> Void) -> BestStudent {
        BestStudent(
            step: BestStudent.step(in: directory.bestPath),
            write: { state in
                try Directory.create(directory.bestPath)
                try write(state, to: directory.bestPath)
            },
            setAside: {
                report("a best student that this run does not go by is left as \(try directory.setBestAside())")
            })
    }

    /// Name of the teacher that the state has the fingerprint of. Where no server has answered since the run was resumed it is the one that
    /// the run was started with, unless it has had another; nil where that is not known.
    private func teacherName(_ state: RunState) -> String? {
        guard let teacher else { return nil }
        let hasOneTeacher = state.inputs.teacher != nil && !state.changes.contains { $0.what == "teacher" }
        return teacher.name ?? (hasOneTeacher ? RunDescription(in: directory.path)?.teacher : nil)
    }

    private func write(_ state: RunState, to path: String) throws {
        try StudentExport(
            text: text, elementType: plan.run.parameters.elementType,
            maxShardBytes: plan.run.parameters.maxShardSize.bytes
        ).write(student, optimizer, to: path) { isMovingAverage in
            RunLineage(
                version: ProgramVersion.current, command: plan.command, student: plan.student.name,
                corpus: plan.data.corpus, mix: plan.mix?.sources,
                phases: plan.mix.flatMap { $0.phases.isEmpty ? nil : $0.phases }, teacher: teacherName(state),
                domainTeachers: teacher?.domainNames,
                servers: plan.teacher.server.isEmpty ? nil : plan.teacher.server,
                logprobsFrom: plan.teacher.logprobsFrom,
                weightsAt: teacher == nil ? nil : plan.teacher.weightsAt.rawValue,
                ignoredConfigFields: plan.run.compute.ignoredConfigFields.isEmpty
                    ? nil : plan.run.compute.ignoredConfigFields.sorted(),
                isMovingAverage: isMovingAverage, state: state)
        }
    }
}
