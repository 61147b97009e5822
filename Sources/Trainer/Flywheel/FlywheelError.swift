/// What stops a flywheel, and what to do.
package enum FlywheelError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownMethod(name: String, known: [String])
    case badPlan(reason: String)
    case otherPlan(path: String)
    case stageFailed(stage: String, status: Int32, log: String, lastLine: String)
    case programMissing(path: String)
    case serverFailed(log: String, lastLine: String)
    case badResult(path: String, reason: String)
    case fileFailed(path: String, reason: String)
    case interrupted

    package var description: String {
        switch self {
        case .unknownMethod(let name, let known):
            "there is no method \"\(name)\"; expected one of \(known.joined(separator: ", "))"
        case .badPlan(let reason): "the plan cannot be carried out: \(reason)"
        case .otherPlan(let path):
            "\(path) was begun with another plan; give the same options to continue it, or another --out"
        case .stageFailed(let stage, let status, let log, let lastLine):
            "stage \(stage) ended with status \(status): \(lastLine) (its output is \(log)); the same command continues where it "
                + "stopped"
        case .programMissing(let path): "\(path) is missing: remit-server is expected beside remit-trainer"
        case .serverFailed(let log, let lastLine): "remit-server did not become ready: \(lastLine) (its log is \(log))"
        case .badResult(let path, let reason):
            "\(path) cannot be used: \(reason); remove it and run the same command again"
        case .fileFailed(let path, let reason): "\(path): \(reason)"
        case .interrupted: "interrupted"
        }
    }
}
