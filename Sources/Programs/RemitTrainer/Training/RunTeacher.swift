import Annealing
import CommandLines
import Corpora
import Digests
import SideCars
import System
import Tokenizers
import Training

/// Where a run's teacher is: behind servers, or in the files that one wrote.
enum RunTeacher: Sendable {
    case server(TeacherConnection)
    case files(SideCar)

    /// Opens the side-car and checks what can be told without the corpus. `pinnedScores`: what a resumed run was answered by before.
    static func files(
        _ path: String, text: TextSide, sequenceLength: Int, pinnedScores: String?, allowMixedScores: Bool,
        allowNumericsChange: Bool, terminal: Terminal
    ) throws -> RunTeacher {
        let sideCar = try SideCar(path)
        try sideCar.check(tokenizer: text.tokenizer.fingerprint.hex, sequenceLength: sequenceLength)
        try sideCar.checkNumerics(allowChange: allowNumericsChange)
        try ScoresPin(pinnedScores, allowMixed: allowMixedScores).check(sideCar.description.scoresFingerprint)
        terminal.line(
            "teacher: \(sideCar.description.model) in \(path), \(sideCar.description.precision), "
                + "\(Format.count(Double(sideCar.description.tokens))) tokens")
        return .files(sideCar)
    }

    var name: String {
        switch self {
        case .server(let connection): connection.name
        case .files(let sideCar): sideCar.description.model
        }
    }

    var modelFingerprint: String {
        switch self {
        case .server(let connection): connection.modelFingerprint
        case .files(let sideCar): sideCar.description.modelFingerprint
        }
    }

    /// Log-probs for weights that the trainer computes.
    func logProbSource() -> any LogProbSource {
        switch self {
        case .server(let connection): connection.logProbSource()
        case .files(let sideCar): PulledAnswers(ahead: FiledLogProbs(sideCar))
        }
    }

    /// Throws where the corpus has what the teacher cannot answer for; before the first step.
    func check(_ corpus: Corpus, terminal: Terminal, stop: StopFlag) throws {
        switch self {
        case .server(let connection): try connection.unreadable.check(corpus, terminal, stop)
        case .files(let sideCar):
            try sideCar.checkCovers(corpus) { share in
                try stop.throwIfRequested()
                terminal.status("looking for the corpus in \(sideCar.directory): \(Format.percent(share))")
            }
        }
    }
}
