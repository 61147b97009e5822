/// What stops a flywheel, and what to do.
package enum FlywheelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A name that is no method's, or none of the plan's; `known` lists those there are.
    case unknownMethod(name: String, known: [String])
    /// A plan whose parts do not fit together.
    case badPlan(reason: String)
    /// A directory that a flywheel with another plan has begun to fill.
    case otherPlan(path: String)
    /// A stage of the same plan that has been done with another value of an argument: by another version of the program.
    case otherArguments(stage: String, argument: String, was: String, now: String, record: String)
    /// A stage whose process ended with a status other than 0; 128 + n where signal n ended it.
    case stageFailed(stage: String, status: Int32, log: String, lastLine: String)
    /// No executable file where a program is expected.
    case programMissing(path: String)
    /// A teacher's server that ended, or did not say its port, within two minutes of its start.
    case serverFailed(log: String, lastLine: String)
    /// A teacher's server that ended while stages needed it; 128 + n where signal n ended it.
    case serverEnded(status: Int32, log: String, lastLine: String)
    /// A file of an earlier stage or run that is absent or cannot be understood.
    case badResult(path: String, reason: String)
    /// Parts that cannot be merged: of another plan than the others, or of no plan at all.
    case otherPart(path: String, expected: String, got: String)
    /// Two parts of one base whose numbers differ.
    case baseDiffers(seed: UInt64, first: String, second: String)
    /// A file that cannot be read, written or started, with the reason.
    case fileFailed(path: String, reason: String)
    /// The end of a flywheel that was asked to stop; the same command continues it.
    case interrupted

    package var description: String {
        switch self {
        case .unknownMethod(let name, let known):
            "there is no method \"\(name)\"; expected one of \(known.joined(separator: ", "))"
        case .badPlan(let reason): "the plan cannot be carried out: \(reason)"
        case .otherPlan(let path):
            "\(path) was begun with another plan; give the same options to continue it, or another --out"
        case .otherArguments(let stage, let argument, let was, let now, let record):
            "stage \(stage) was done with another value of \(argument) than it would be now: was \(was), now \(now) (\(record)). The plan is "
                + "the same, so another version of the program has begun this: continue with that, or give another --out"
        case .stageFailed(let stage, let status, let log, let lastLine):
            "stage \(stage) ended with status \(status): \(lastLine) (its output is \(log)); the same command continues where it "
                + "stopped"
        case .programMissing(let path): "\(path) is missing: remit-server is expected beside remit-trainer"
        case .serverFailed(let log, let lastLine): "remit-server did not become ready: \(lastLine) (its log is \(log))"
        case .serverEnded(let status, let log, let lastLine):
            "remit-server, which has the teachers, ended with status \(status): \(lastLine) (its log is \(log)); the same command "
                + "continues where it stopped"
        case .badResult(let path, let reason):
            "\(path) cannot be used: \(reason); remove it and run the same command again"
        case .otherPart(let path, let expected, let got):
            "\(path) is of another plan than the parts before it: expected the plan \(expected), got \(got); merge it apart"
        case .baseDiffers(let seed, let first, let second):
            "base \(seed) has other numbers in \(second) than in \(first): compare program, kernel path and processor in both, and "
                + "merge one of them"
        case .fileFailed(let path, let reason): "\(path): \(reason)"
        case .interrupted: "interrupted"
        }
    }
}
