/// What stops a training of any kind. Nothing here is a bug of the program: each description says what to do.
package enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value that no run can have for the option named first, without its dashes; `expected` says in words what it may be.
    case badOption(String, value: String, expected: String)
    /// A window longer than the student's context, both in tokens.
    case sequenceTooLong(requested: Int, contextLength: Int)
    /// An output directory that already holds a run, where a new one should begin; `step`: that of its last checkpoint.
    case runExists(path: String, step: Int)
    /// An output directory that already holds a model, but no run.
    case outputExists(path: String)
    /// An output directory that another process has locked.
    case runInUse(path: String)
    /// A difference between the run that is resumed and the command that resumes it; `hint` says what accepts it, or what to do
    /// instead.
    case changedOnResume(what: String, was: String, now: String, hint: String)
    /// A checkpoint whose contents are not those of a run's state.
    case damagedState(path: String, reason: String)
    /// A checkpoint of a run that another command began.
    case otherKind(path: String, is: RunKind, expected: RunKind)
    /// A checkpoint that cannot be used; `whole`: the step of the last one before it that can be, nil where there is none.
    case damagedCheckpoint(path: String, reason: String, whole: Int?)
    /// No checkpoint of the step that was asked for; `found`: the steps of those that are there, ascending.
    case noCheckpoint(directory: String, step: Int, found: [Int])
    /// A log that is not the checkpoint's: its first `bytes` bytes are not those that it had when the checkpoint was saved.
    case damagedLog(path: String, bytes: Int)
    /// A line of a log that is no record of its run. The first line is 1.
    case badLogLine(path: String, line: Int, reason: String)
    /// A file or a directory that cannot be read, written or created.
    case fileFailed(path: String, reason: String)
    /// A checkpoint that could not be written; `lastGood`: the step of the last one that is there, nil where there is none.
    case checkpointFailed(reason: String, lastGood: Int?)
    /// A student or moments that hold infinities or NaN after a step, so that they are not saved; `lastGood`: the step of the last
    /// checkpoint that is there, nil where there is none.
    case nonFiniteStudent(step: Int, parameter: String, lastGood: Int?)
    /// A checkpoint whose moments are those of other parameters than the student has.
    case otherOptimizer(path: String, reason: String)
    /// A request to stop, seen between steps or while something was waited for; the run's state is saved by its loop.
    case interrupted

    /// Whether there is a checkpoint, and it is another command's.
    var isOtherKind: Bool { if case .otherKind = self { true } else { false } }

    /// Throws `badOption` where an option's value is none that a run can have.
    package static func require(
        _ holds: Bool, _ option: String, _ value: Any, _ expected: String
    ) throws(TrainingError) {
        guard holds else { throw .badOption(option, value: "\(value)", expected: expected) }
    }

    package var description: String {
        switch self {
        case .badOption(let option, let value, let expected):
            "--\(option) is \(value), expected \(expected)"
        case .sequenceTooLong(let requested, let contextLength):
            "--sequence-length is \(requested), but the student reads at most \(contextLength) tokens "
                + "(max_position_embeddings)"
        case .runExists(let path, let step):
            "\(path) already holds a run (saved at step \(step)): continue it with --resume, or choose another --out"
        case .outputExists(let path):
            "\(path) already holds a model: choose another --out"
        case .runInUse(let path):
            "\(path) is in use by another remit-trainer"
        case .changedOnResume(let what, let was, let now, let hint):
            "cannot resume: \(what) was \(was) and is now \(now). \(hint)"
        case .damagedState(let path, let reason):
            "the run state \(path) cannot be used: \(reason)"
        case .otherKind(let path, let kind, let expected):
            "\(path) is of a run of \(kind.rawValue), expected one of \(expected.rawValue): give that command, or another directory"
        case .damagedCheckpoint(let path, let reason, let whole?):
            "the checkpoint \(path) cannot be used: \(reason). The one of step \(whole) beside it is whole: --resume-from \(whole) "
                + "continues the run from it"
        case .damagedCheckpoint(let path, let reason, nil):
            "the checkpoint \(path) cannot be used: \(reason). None before it can be: put a sound copy in its place, or start another "
                + "--out"
        case .noCheckpoint(let directory, let step, let found):
            "\(directory) has no checkpoint of step \(step) for --resume-from; it has "
                + (found.isEmpty ? "none" : found.map { "\($0)" }.joined(separator: ", "))
        case .damagedLog(let path, let bytes):
            "\(path) was damaged: its first \(bytes) bytes are not those that the checkpoint says. Put a sound copy in its place, or move "
                + "it away: the run is continued exactly, and its log begins with the next step"
        case .badLogLine(let path, let line, let reason):
            "\(path), line \(line), is no record of a run: \(reason). Put a sound copy of the log in its place, or take the line out"
        case .fileFailed(let path, let reason):
            "\(path): \(reason)"
        case .checkpointFailed(let reason, let lastGood?):
            "the run's checkpoint cannot be saved: \(reason). The checkpoint of step \(lastGood) is intact: --resume continues from it "
                + "once there is room"
        case .checkpointFailed(let reason, nil):
            "the run's first checkpoint cannot be saved: \(reason)"
        case .nonFiniteStudent(let step, let parameter, let lastGood):
            "after step \(step) \(parameter) is not finite, so it was not saved. "
                + (lastGood.map { "The checkpoint of step \($0) is intact and finite: resume from it with" }
                    ?? "Begin again with")
                + " a lower --learning-rate" + (lastGood == nil ? "" : " and --allow-learning-rate-change")
        case .otherOptimizer(let path, let reason):
            "--load-optimizer \(path) is not of this student: \(reason)"
        case .interrupted:
            "interrupted"
        }
    }
}
