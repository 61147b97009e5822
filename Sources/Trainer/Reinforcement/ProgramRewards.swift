import Foundation
import JSONValues
import System
import Training

/// Rewards from an external program, started once through the shell.
///
/// For each completion it reads a line `{"completion": ..., "fields": {...}, "finished": ..., "index": ..., "prompt": ..., "token_ids": [...]}`
/// on its standard input (`fields`: what the prompt's line says besides, where that is anything) and answers a line with a number, or with an
/// object that has the field `reward`, in the same order; null where it can say nothing of the completion. It may answer as it reads, or wait
/// for the 'end of batch': an empty line follows the last completion of a step, and has no answer. `index` counts the completions that the
/// program was given, from 0; an answer may repeat it, and then it must be that of its completion. Its standard error is ours. It is given `timeout` for the answers
/// of one step; a program that ends, is late, answers more than it is asked, or answers anything else stops the run.
///
/// An answer too many shifts every reward behind it to another completion. Where answers repeat the index, the next one shows it. Where
/// they do not, whatever is there before a step is asked for, or comes within a moment of its last answer, is one too many: what comes
/// later than that cannot be told from an answer. So repeating the index is the safe way.
///
/// Whoever uses this ignores SIGPIPE.
package final class ProgramRewards: RewardSource {
    /// Beyond these a sum of squares, or an average in f32, is none.
    private static let range = -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude)

    private let command: String
    private let timeout: Duration
    private let asked: Locked<Asked>

    /// The program, and how many completions it was given.
    private struct Asked {
        let program: RewardProgram
        var count = 0
    }

    /// Starts the program. `timeout` is for all answers of one step together.
    ///
    /// - Throws: `ReinforcementError.rewardProgramFailed` where it cannot be started.
    package init(command: String, timeout: Duration) throws {
        self.command = command
        self.timeout = timeout
        asked = Locked(Asked(program: try RewardProgram(command)))
    }

    /// Rewards that the program gives for the completions of a step, in their order; nil where it answers null.
    ///
    /// - Throws: `ReinforcementError.badReward` for an answer that is no finite number within the range of f32, nor null, or has another
    ///   completion's index, `.rewardProgramFailed` where the program ends, is late or answers too much; `TrainingError.interrupted`.
    package func rewards(_ attempts: [Attempt], stop: StopFlag) throws -> [Double?] {
        try asked.withLock { asked in
            let first = asked.count
            asked.count += attempts.count
            let batch = try asked.program.exchange(
                Self.lines(attempts, firstIndex: first), answers: attempts.count, until: .now + timeout, stop: stop)
            let answers = try batch.lines.enumerated().map { line, answer in
                try self.answer(answer, line: line + 1, index: first + line)
            }
            if answers.contains(where: { !$0.isIndexed }) {
                try asked.program.expectSilence(after: batch, stop: stop)
            }
            return answers.map(\.reward)
        }
    }

    private static func lines(_ attempts: [Attempt], firstIndex: Int) -> [UInt8] {
        var lines: [UInt8] = []
        for (place, attempt) in attempts.enumerated() {
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("completion", attempt.completion)
                if let fields = attempt.fields {
                    writer.key("fields")
                    writer.write(json: fields)
                }
                writer.field("finished", attempt.isFinished)
                writer.field("index", firstIndex + place)
                writer.field("prompt", attempt.prompt)
                writer.field("token_ids", attempt.tokenIDs)
            }
            lines += writer.bytes
            lines.append(UInt8(ascii: "\n"))
        }
        lines.append(UInt8(ascii: "\n"))
        return lines
    }

    /// A boolean is 1 or 0: right or wrong.
    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .bool(let isRight): isRight ? 1 : 0
        case .null, .string, .array, .object: nil
        }
    }

    private func answer(_ answer: Data, line: Int, index: Int) throws -> (reward: Double?, isIndexed: Bool) {
        func refuse(_ expected: String) -> ReinforcementError {
            .badReward(command: command, line: line, got: String(decoding: answer, as: UTF8.self), expected: expected)
        }
        let value = try? JSONValue(parsing: Array(answer))
        let object: JSONObject? = if case .object(let members)? = value { members } else { nil }
        let echo = object?[key: "index"]
        if let echo, echo != .integer(index), echo != .number(Double(index)) {
            throw refuse("the index \(index), which its completion had: an answer too many or too few came before")
        }
        let said = object?[key: "reward"] ?? value
        if said == .null { return (nil, echo != nil) }
        guard let reward = said.flatMap(Self.number), reward.isFinite else {
            throw refuse("a finite number, null, or an object with the field \"reward\"")
        }
        guard Self.range.contains(reward) else { throw refuse("a number within the range of f32, ±3.4e38") }
        return (reward, echo != nil)
    }
}
