import Annealing
import Corpora
import SideCars
import TokenWeights

/// Where a run's teacher is: behind servers, or in the files that one wrote.
package enum RunTeacher: Sendable {
    case server(TeacherConnection)
    case files(SideCar)

    /// The teacher in a side-car, once what can be told without the corpus agrees with the run.
    ///
    /// - Parameters:
    ///   - path: directory of the side-car.
    ///   - needs: `tokenizer` and `sequenceLength` of it.
    ///   - pinnedScores: scores fingerprint by which a resumed run was answered before; nil for a new one, or where the teacher may
    ///     change.
    ///   - allowNumericsChange: whether log-probs of an earlier version's arithmetic are taken.
    /// - Throws: `SideCarError`; `TeacherError.otherScores`.
    package static func files(
        _ path: String, needs: TeacherNeeds, pinnedScores: String?, allowMixedScores: Bool, allowNumericsChange: Bool
    ) throws -> RunTeacher {
        let sideCar = try SideCar(path)
        try sideCar.check(tokenizer: needs.tokenizer, sequenceLength: needs.sequenceLength)
        try sideCar.checkNumerics(allowChange: allowNumericsChange)
        try ScoresPin(pinnedScores, allowMixed: allowMixedScores).check(sideCar.description.scoresFingerprint)
        return .files(sideCar)
    }

    /// Name of the teacher's model.
    package var name: String {
        switch self {
        case .server(let connection): connection.name
        case .files(let sideCar): sideCar.description.model
        }
    }

    /// Fingerprint of the teacher's model.
    package var modelFingerprint: String {
        switch self {
        case .server(let connection): connection.modelFingerprint
        case .files(let sideCar): sideCar.description.modelFingerprint
        }
    }

    /// Log-probs for weights that the trainer computes.
    package func logProbSource() -> any LogProbSource {
        switch self {
        case .server(let connection): connection.logProbSource()
        case .files(let sideCar): PulledAnswers(ahead: FiledLogProbs(sideCar))
        }
    }

    /// Checks that the teacher can answer for every token of a corpus; before the first step.
    ///
    /// - Parameter progress: called now and then with what is looked for and the share that is done; what it throws ends the check.
    /// - Throws: `UnreadableTokens`' error for a token that the teacher cannot read, `SideCarError` for a segment that no file has.
    package func check(_ corpus: Corpus, progress: (_ what: String, _ share: Double) throws -> Void) throws {
        switch self {
        case .server(let connection):
            try connection.unreadable.check(corpus) { try progress("tokens that cannot be read", $0) }
        case .files(let sideCar):
            try sideCar.checkCovers(corpus) { try progress("the corpus in \(sideCar.directory)", $0) }
        }
    }
}
