import Annealing
import Corpora
import ScoreFiles
import TokenWeights

/// Where a run's teacher is: behind servers, or in the files that one wrote.
package enum RunTeacher: Sendable {
    case server(TeacherConnection)
    /// Several, each of which teaches its domains.
    case domains(DomainTeachers)
    case files(any FiledScores)

    /// The teacher in files of either form, once what can be told without the corpus agrees with the run.
    ///
    /// - Parameters:
    ///   - path: of the files.
    ///   - reader: what must agree with them.
    ///   - known: by whom a resumed run was taught; nil for a new one. Whether it may be another model is not asked here.
    ///   - allowNumericsChange: whether log-probs of an earlier version's arithmetic are taken.
    ///   - progress: called now and then with what is read and the share that is done; what it throws ends the reading.
    /// - Throws: `SideCarError`, `ScoreFileError`, `CorpusError`; `TeacherError.otherScores`.
    package static func files(
        _ path: String, for reader: ScoresReader, known: KnownTeacher?, allowMixedScores: Bool,
        allowNumericsChange: Bool, progress: (String, Double) throws -> Void
    ) throws -> RunTeacher {
        let scores = try reader.open(path, onProgress: progress)
        try scores.checkNumerics(allowChange: allowNumericsChange)
        let pinned = known.flatMap {
            $0.modelFingerprint == scores.identity.modelFingerprint ? $0.scoresFingerprint : nil
        }
        try ScoresPin(pinned, allowMixed: allowMixedScores).check(scores.scoresFingerprint)
        return .files(scores)
    }

    /// Name of the teacher's model; of several that of the documents without a teacher of their own. nil where no server has answered yet.
    package var name: String? {
        switch self {
        case .server(let connection): connection.name
        case .domains(let teachers): teachers.others.name
        case .files(let scores): scores.identity.model
        }
    }

    /// Names of the teachers of one domain each, by the domain's name; nil where there are none.
    package var domainNames: [String: String]? {
        if case .domains(let teachers) = self { teachers.names } else { nil }
    }

    /// Fingerprints of the teachers, as far as servers have answered.
    package var fingerprints: TeacherFingerprints {
        switch self {
        case .server(let connection):
            TeacherFingerprints(
                model: connection.modelFingerprint, scores: connection.scoresFingerprint,
                otherScores: connection.otherScores)
        case .domains(let teachers): teachers.fingerprints
        case .files(let scores):
            TeacherFingerprints(model: scores.identity.modelFingerprint, scores: scores.scoresFingerprint)
        }
    }

    /// The teacher's likeliest tokens; nil where it is in files, which hold none.
    ///
    /// - Parameter domains: names by number, the corpus's.
    package func softTargetSource(_ distilled: DistilledTeacher, domains: [String]) -> (any SoftTargetSource)? {
        switch self {
        case .server(let connection): connection.softTargetSource(distilled)
        case .domains(let teachers): teachers.softTargetSource(distilled, domains: domains)
        case .files: nil
        }
    }

    /// Log-probs for weights that the trainer computes.
    ///
    /// - Parameter domains: names by number, the corpus's.
    package func logProbSource(domains: [String]) -> any LogProbSource {
        switch self {
        case .server(let connection): connection.logProbSource()
        case .domains(let teachers): teachers.logProbSource(domains: domains)
        case .files(let scores): PulledAnswers(ahead: FiledLogProbs(scores))
        }
    }

    /// The same with the entropies of the teacher's distributions, for a weighting that reads them; nil where the teacher is in files, which
    /// hold none.
    package func teacherScoreSource(domains: [String]) -> (any TeacherScoreSource)? {
        switch self {
        case .server(let connection): connection.teacherScoreSource()
        case .domains(let teachers): teachers.teacherScoreSource(domains: domains)
        case .files: nil
        }
    }

    /// Checks that the teacher can answer for every token of a corpus: before the first step, or once a server answers.
    ///
    /// - Parameter progress: called now and then with what is looked for and the share that is done; what it throws ends the check.
    /// - Throws: `UnreadableTokens`' error for a token that the teacher cannot read, `SideCarError` or `ScoreFileError` for a segment that no file has.
    package func check(_ corpus: Corpus, progress: (_ what: String, _ share: Double) throws -> Void) throws {
        switch self {
        case .server(let connection):
            try connection.check(corpus) { try progress("tokens that cannot be read", $0) }
        case .domains(let teachers):
            try teachers.check(corpus) { try progress("tokens that cannot be read", $0) }
        case .files(let scores):
            try scores.checkCovers(corpus) { try progress("the corpus in \(scores.path)", $0) }
        }
    }
}
