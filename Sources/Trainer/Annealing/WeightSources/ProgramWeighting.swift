import JSONValues
import LinePrograms
import Sequences
import System
import TokenWeights
import Training

/// Token weights of one's own, from a program that is started once through the shell (`--weighting program='python3 w.py'`).
///
/// For the windows of each micro-batch it reads a line
///
///     {"sequences": [{"document_starts": [0, 12], "scored": [false, true, ...], "student_logprobs": [null, -1.25, ...],
///       "teacher_logprobs": [null, -0.5, ...]}, ...]}
///
/// on its standard input, and answers a line `{"weights": [[0, 1.5, ...], ...]}`: for each sequence a weight for each token, 0 or more,
/// those of tokens that are not scored being ignored. Log-probs are natural and f32 to the last bit; null where there is none, at
/// the first token of each document. `teacher_logprobs` is left out where the run has no teacher. The loss is divided by the number of scored
/// tokens. Before the first step it is asked about no sequences; its answer may say what else it needs:
/// `{"weights": [], "needs": ["teacher_entropy"]}`. Then each sequence has `teacher_entropy` too, the entropy in nats of the distribution that
/// predicts each token, null where none does.
///
/// Its standard error is ours. A program that ends, is late, or answers anything else stops the run. Whoever uses this ignores SIGPIPE.
package final class ProgramWeighting: TokenWeighting {
    /// Word for this weighting on the command line and in remit.json; a server has it not.
    package static let name = "program"
    /// No weight is larger: beyond it is a mistake, not a weight.
    package static let largestWeight: Float = 1e6
    /// An answer of so many bytes a token is a mistake; a float has at most 16.
    private static let answerBytesPerToken = 64
    private static let entropyField = "teacher_entropy"

    /// Options, of which the program's command is read.
    package let options: Weighting
    /// Whether it is told the teacher's log-probs.
    package var needsTeacher: Bool { teacher != .none }
    /// Whether the program said that it needs the teacher's entropies, once it was asked (`check`).
    package var needsEntropies: Bool { needs.withLock { $0.contains(Self.entropyField) } }
    private let teacher: Teacher
    private let needs = Locked<Set<String>>([])
    private let timeout: Duration
    private let stop: StopFlag?
    private let program = Locked<LineProgram?>(nil)

    /// What the run's teacher can tell.
    package enum Teacher: Sendable {
        /// There is none.
        case none
        /// Log-probs that were written to files.
        case files
        /// Log-probs and entropies, from servers.
        case servers
    }

    /// Starts nothing yet.
    ///
    /// - Parameters:
    ///   - options: with the command.
    ///   - teacher: what the program can be told.
    ///   - timeout: for the weights of one micro-batch.
    ///   - stop: ends the waiting for an answer.
    package init(_ options: Weighting, teacher: Teacher, timeout: Duration = .seconds(300), stop: StopFlag? = nil) {
        self.options = options
        self.teacher = teacher
        self.timeout = timeout
        self.stop = stop
    }

    /// One that is told the teacher's log-probs.
    package convenience init(_ options: Weighting) { self.init(options, teacher: .files) }

    /// The student at this step.
    package var studentSource: StudentSource { .current }

    /// Any finite number from 0 to `largestWeight`.
    package func allows(_ weight: Float) -> Bool { (0...Self.largestWeight).contains(weight) }

    /// Starts the program and asks it about no sequences: whether it is one that answers, and what it needs.
    ///
    /// - Throws: `WeightingProgramError`, also where it needs what the run's teacher does not tell; `TrainingError.interrupted`.
    package func check() throws {
        let answer = try answer(to: [])
        _ = try weights(answer, of: [])
        for need in answer.needs {
            guard need == Self.entropyField else {
                throw failure("needs \(need.debugDescription), and what can be had is \(Self.entropyField)")
            }
            switch teacher {
            case .servers: continue
            case .files:
                throw failure(
                    "needs \(need), which files of log-probs do not hold: give --server URL in place of --logprobs-from"
                )
            case .none: throw failure("needs \(need), and the run has no teacher: give --server URL")
            }
        }
        needs.withLock { $0 = Set(answer.needs) }
    }

    /// Asks the program.
    ///
    /// - Throws: as `weights(together:)` does.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        try weights(together: [sequence])[0]
    }

    /// Asks the program about all of them at once.
    ///
    /// - Throws: `WeightingProgramError`; `TrainingError.interrupted`.
    package func weights(together sequences: [LogProbSequence]) throws -> [WeightedSequence] {
        let answer = try answer(to: sequences)
        return zip(sequences, try weights(answer, of: sequences)).map { sequence, weights in
            WeightedSequence(weights: weights, scored: sequence.scored)
        }
    }

    private func answer(to sequences: [LogProbSequence]) throws -> Answer {
        let tokens = sequences.reduce(0) { $0 + $1.count }
        let line = try program.withLock { program in
            let running = try program ?? started()
            program = running
            return try ask(running, Self.question(sequences), longest: 4096 + Self.answerBytesPerToken * tokens)
        }
        do {
            return try Answer(line)
        } catch {
            let shown = String(decoding: line.prefix(80), as: UTF8.self).debugDescription
            throw failure("answered \(shown), expected {\"weights\": [[number, ...], ...]}: \(error)")
        }
    }

    private var command: String { options.program ?? "" }

    private func started() throws -> LineProgram {
        do throws(SystemError) {
            return try LineProgram(command, longestLine: .max)
        } catch {
            throw failure("cannot be started: \(error.reason)")
        }
    }

    private func ask(_ program: LineProgram, _ question: [UInt8], longest: Int) throws -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        guard !program.hasUnread else {
            program.stop()
            throw failure("said more than it was asked for")
        }
        do {
            let answer = try program.answer(to: question) {
                try stop?.throwIfRequested()
                guard deadline > .now else { throw failure("gave no weights within its time (--weighting-timeout)") }
                guard program.unread.count <= longest else { throw failure("gave an answer of over \(longest) bytes") }
            }
            return Array(answer)
        } catch let fault as LineProgram.Fault {
            throw failure(fault.description)
        }
    }

    private static func question(_ sequences: [LogProbSequence]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("sequences")
            writer.array { writer in
                for sequence in sequences {
                    writer.element()
                    write(sequence, to: &writer)
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ sequence: LogProbSequence, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("document_starts", sequence.documents.starts)
            writer.key("scored")
            writer.array { writer in
                for isScored in sequence.scored {
                    writer.element()
                    writer.write(isScored)
                }
            }
            writer.field("student_logprobs", finite(sequence.student))
            if !sequence.teacher.isEmpty { writer.field("teacher_logprobs", finite(sequence.teacher)) }
            if !sequence.teacherEntropies.isEmpty { writer.field(entropyField, finite(sequence.teacherEntropies)) }
        }
    }

    /// NaN, which is written as null, in place of what is no number.
    private static func finite(_ logProbs: [Float]) -> [Float] { logProbs.map { $0.isFinite ? $0 : .nan } }

    private func weights(_ answer: Answer, of sequences: [LogProbSequence]) throws -> [[Float]] {
        let found = answer.weights
        guard found.count == sequences.count else {
            throw failure("gave weights of \(found.count) sequences, was asked about \(sequences.count)")
        }
        return try zip(sequences, found).enumerated().map { number, pair in
            let (sequence, weights) = pair
            guard weights.count == sequence.count else {
                throw failure("gave sequence \(number) \(weights.count) weights, it has \(sequence.count) tokens")
            }
            return try zip(weights, sequence.scored).enumerated().map { token, pair in
                guard pair.1 else { return 0 }
                guard allows(pair.0) else {
                    throw failure(
                        "gave token \(token) of sequence \(number) the weight \(pair.0.isNaN ? "null" : "\(pair.0)"), expected a number "
                            + "from 0 to \(Int(Self.largestWeight))")
                }
                return pair.0
            }
        }
    }

    private func failure(_ reason: String) -> WeightingProgramError {
        WeightingProgramError(command: command, reason: reason)
    }
}

/// A line of a weighting's program.
private struct Answer {
    /// One list a sequence.
    let weights: [[Float]]
    /// What it needs beside log-probs; read of its first line.
    let needs: [String]

    init(_ line: [UInt8]) throws {
        let (weights, needs) = try JSONReader.read(line) { reader in
            var (weights, needs): ([[Float]]?, [String]) = (nil, [])
            try reader.object { reader, key in
                switch key {
                case "weights":
                    var rows: [[Float]] = []
                    try reader.array { reader, _ in rows.append(try reader.floatsOrNulls()) }
                    weights = rows
                case "needs": try reader.array { reader, _ in needs.append(try reader.string()) }
                default: try reader.skip()
                }
            }
            return (weights, needs)
        }
        guard let weights else { throw Missing() }
        (self.weights, self.needs) = (weights, needs)
    }

    private struct Missing: Error, CustomStringConvertible {
        var description: String { "it has no \"weights\"" }
    }
}

/// A weighting's program that gives no weights.
package struct WeightingProgramError: Error, Equatable, CustomStringConvertible {
    /// The line that the shell was given.
    package let command: String
    /// What it did instead.
    package let reason: String

    package var description: String { "the program of --weighting, '\(command)', \(reason)" }
}
