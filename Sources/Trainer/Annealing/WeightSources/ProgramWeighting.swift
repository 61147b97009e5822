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
/// the first token of each document. `teacher_logprobs` is left out where the run has no teacher. The loss is divided by the number of scored tokens. Before the first step it is asked about no sequences.
///
/// Its standard error is ours. A program that ends, is late, or answers anything else stops the run. Whoever uses this ignores SIGPIPE.
package final class ProgramWeighting: TokenWeighting {
    /// Word for this weighting on the command line and in remit.json; a server has it not.
    package static let name = "program"
    /// No weight is larger: beyond it is a mistake, not a weight.
    package static let largestWeight: Float = 1e6
    /// An answer of so many bytes a token is a mistake; a float has at most 16.
    private static let answerBytesPerToken = 64

    /// Options, of which the program's command is read.
    package let options: Weighting
    /// Whether it is told the teacher's log-probs.
    package let needsTeacher: Bool
    private let timeout: Duration
    private let stop: StopFlag?
    private let program = Locked<LineProgram?>(nil)

    /// Starts nothing yet.
    ///
    /// - Parameters:
    ///   - options: with the command.
    ///   - needsTeacher: whether the program is told the teacher's log-probs.
    ///   - timeout: for the weights of one micro-batch.
    ///   - stop: ends the waiting for an answer.
    package init(_ options: Weighting, needsTeacher: Bool, timeout: Duration = .seconds(300), stop: StopFlag? = nil) {
        self.options = options
        self.needsTeacher = needsTeacher
        self.timeout = timeout
        self.stop = stop
    }

    /// One that is told the teacher's log-probs.
    package convenience init(_ options: Weighting) { self.init(options, needsTeacher: true) }

    /// The student at this step.
    package var studentSource: StudentSource { .current }

    /// Any finite number from 0 to `largestWeight`.
    package func allows(_ weight: Float) -> Bool { (0...Self.largestWeight).contains(weight) }

    /// Starts the program and asks it about no sequences: whether it is one that answers.
    ///
    /// - Throws: `WeightingProgramError`; `TrainingError.interrupted`.
    package func check() throws { _ = try weights(together: []) }

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
        let tokens = sequences.reduce(0) { $0 + $1.count }
        let answer = try program.withLock { program in
            let running = try program ?? started()
            program = running
            return try ask(running, Self.question(sequences), longest: 4096 + Self.answerBytesPerToken * tokens)
        }
        return zip(sequences, try weights(answer, of: sequences)).map { sequence, weights in
            WeightedSequence(weights: weights, scored: sequence.scored)
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
        }
    }

    /// NaN, which is written as null, in place of what is no number.
    private static func finite(_ logProbs: [Float]) -> [Float] { logProbs.map { $0.isFinite ? $0 : .nan } }

    private func weights(_ answer: [UInt8], of sequences: [LogProbSequence]) throws -> [[Float]] {
        let found: [[Float]]
        do {
            found = try Self.read(answer)
        } catch {
            let shown = String(decoding: answer.prefix(80), as: UTF8.self).debugDescription
            throw failure("answered \(shown), expected {\"weights\": [[number, ...], ...]}: \(error)")
        }
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

    private static func read(_ answer: [UInt8]) throws -> [[Float]] {
        let weights = try JSONReader.read(answer) { reader in
            var weights: [[Float]]?
            try reader.object { reader, key in
                guard key == "weights" else {
                    try reader.skip()
                    return
                }
                var rows: [[Float]] = []
                try reader.array { reader, _ in rows.append(try reader.floatsOrNulls()) }
                weights = rows
            }
            return weights
        }
        guard let weights else { throw Missing() }
        return weights
    }

    private struct Missing: Error, CustomStringConvertible {
        var description: String { "it has no \"weights\"" }
    }

    private func failure(_ reason: String) -> WeightingProgramError {
        WeightingProgramError(command: command, reason: reason)
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
