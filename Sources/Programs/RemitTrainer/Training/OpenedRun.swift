import Annealing
import CommandLines
import Corpora
import Digests
import RunFiles
import System
import Tensors
import Training
import Transformers

/// What a run has before it looks at its corpora or asks its teacher.
struct OpenedRun {
    let workers: WorkerPool
    /// Of the student as it was found: beside what is written.
    let textFiles: TextFiles
    let text: TextSide
    let source: StudentSource
    let student: TrainableTransformer
    /// Of the parameters that the run starts from.
    let fingerprint: SHA256Digest
    /// Nobody else's as long as this lives.
    let directory: RunDirectory
    let store: RunStateStore
    let resumePoint: ResumePoint
    /// The checkpoint that the run goes on from; nil where it begins.
    let saved: SavedTraining<RunState>?
    /// Tokens of a window.
    let sequenceLength: Int
}

extension TrainingRun {
    /// Reads the student, takes the output directory and checks the checkpoint there. Nothing is written.
    func open() throws -> OpenedRun {
        let workers = try plan.run.compute.workers()
        let textFiles = try TextFiles(directory: plan.student.textDirectory)
        let text = try plan.student.textSide()
        for remark in text.remarks { terminal.line("student: \(remark)") }
        let source = try plan.studentSource()
        let student = try source.student(precision: plan.optimizer.precision, workers: workers)
        for remark in student.description.remarks { terminal.line("student: \(remark)") }
        try plan.optimizer.update.adamW.check(student.parameters)
        let fingerprint = try source.fingerprint()

        let directory = try RunDirectory(plan.run.out)
        let store = RunStateStore(directory: directory.checkpointsPath, keep: plan.run.keepCheckpoints)
        let resumePoint = ResumePoint(
            store, in: directory.path, isResumed: plan.run.resume, from: plan.run.resumeFrom,
            report: { terminal.line($0) })
        if plan.run.isResumed { terminal.status("checking the checkpoint") }
        let saved = try resumePoint.savedTraining(RunState.self)
        return OpenedRun(
            workers: workers, textFiles: textFiles, text: text, source: source, student: student,
            fingerprint: fingerprint, directory: directory, store: store, resumePoint: resumePoint, saved: saved,
            sequenceLength: try SequenceLength.resolved(
                plan.data.sequenceLength, contextLength: student.description.contextLength))
    }
}
