import Foundation
import LinePrograms
import System
import Training

/// The program behind `ProgramRewards`, and what it has answered so far.
final class RewardProgram: @unchecked Sendable {
    // Used under the lock of its owner alone.

    /// The answers to the completions of a step.
    struct Batch {
        var lines: [Data] = []
        /// The longest time between two answers.
        var longestPause = Duration.zero
    }

    /// An answer is a number.
    private static let longestAnswerBytes = 4096

    private let command: String
    private let program: LineProgram

    init(_ command: String) throws {
        self.command = command
        do throws(SystemError) {
            program = try LineProgram(command, longestLine: Self.longestAnswerBytes)
        } catch {
            throw ReinforcementError.rewardProgramFailed(
                command: command, reason: "cannot be started: \(error.reason)")
        }
    }

    /// Writes while it reads, so that neither side waits for a full pipe.
    func exchange(
        _ sent: [UInt8], answers: Int, until deadline: ContinuousClock.Instant, stop: StopFlag
    ) throws -> Batch {
        try naming {
            try refuseLeftovers()
            var rest = sent[...]
            var batch = Batch()
            var last: ContinuousClock.Instant?
            while batch.lines.count < answers || !rest.isEmpty {
                guard deadline > .now else {
                    throw failure("gave \(batch.lines.count) of \(answers) rewards within its time (--reward-timeout)")
                }
                let ready = try wait(writing: !rest.isEmpty, until: deadline, stop)
                if ready.toWrite { try program.write(&rest) }
                guard ready.toRead else { continue }
                if try program.read() == .end { throw program.end() }
                let before = batch.lines.count
                while batch.lines.count < answers, let line = nextAnswer() { batch.lines.append(line) }
                if batch.lines.count > before {
                    let now = ContinuousClock.now
                    batch.longestPause = max(batch.longestPause, last.map { now - $0 } ?? .zero)
                    last = now
                }
                if batch.lines.count == answers { try refuseAnswers() }
            }
            return batch
        }
    }

    /// Waits for an answer too many: twice as long as the program took between two answers, but at least 50 ms and at most 1 s.
    func expectSilence(after batch: Batch, stop: StopFlag) throws {
        try naming {
            let end = ContinuousClock.now + min(max(batch.longestPause * 2, .milliseconds(50)), .seconds(1))
            while end > .now {
                guard try wait(writing: false, until: end, stop).toRead else { continue }
                if try program.read() == .end { return }
                try refuseAnswers()
            }
        }
    }

    /// Whatever has come since the last step.
    private func refuseLeftovers() throws {
        while try program.read() == .some { try refuseAnswers() }
        try refuseAnswers()
        program.dropUnread()
    }

    private func refuseAnswers() throws {
        guard !Self.isBlank(program.unread) else { return }
        let shown = String(decoding: program.unread.prefix(60), as: UTF8.self).debugDescription
        throw failure(
            "gave more rewards than it was asked for: \(shown). It must answer each completion once, and the empty line behind a "
                + "step's completions not at all. Answers that repeat their completion's \"index\" are matched with it")
    }

    /// The next line that is not blank.
    private func nextAnswer() -> Data? {
        while let line = program.nextLine() {
            if !Self.isBlank(line) { return Data(line) }
        }
        return nil
    }

    private static func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { [0x20, 0x09, 0x0D, 0x0A].contains($0) }
    }

    /// Returns after a moment, at the latest, also where neither is possible.
    private func wait(
        writing: Bool, until end: ContinuousClock.Instant, _ stop: StopFlag
    ) throws -> (toRead: Bool, toWrite: Bool) {
        guard !stop.isRequested else {
            program.stop()
            throw TrainingError.interrupted
        }
        return try program.wait(writing: writing, until: end)
    }

    private func naming<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let fault as LineProgram.Fault {
            throw ReinforcementError.rewardProgramFailed(command: command, reason: fault.description)
        }
    }

    private func failure(_ reason: String) -> ReinforcementError {
        program.stop()
        return .rewardProgramFailed(command: command, reason: reason)
    }
}
