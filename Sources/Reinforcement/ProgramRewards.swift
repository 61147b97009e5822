import Foundation
import Glibc
import Locks

/// Rewards from an external program, started once through the shell.
///
/// For each completion it reads a line `{"prompt": ..., "completion": ...}` on its standard input and answers a line with a number, or with
/// an object that has the field `reward`, in the same order; it may answer as it reads, or wait for the 'end of batch': an empty line
/// follows the last completion of a step. Its standard error is ours. It is given `timeout` for the answers of one step; a program that
/// ends, is late, or answers anything else stops the run.
///
/// Whoever uses this ignores SIGPIPE.
package final class ProgramRewards: RewardSource {
    /// An answer is a number.
    private static let longestAnswerBytes = 4096

    private let command: String
    private let timeout: Duration
    private let program: Locked<RewardProgram>

    package init(command: String, timeout: Duration) throws {
        self.command = command
        self.timeout = timeout
        program = Locked(try RewardProgram(command))
    }

    package func rewards(_ attempts: [Attempt]) throws -> [Double] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var sent = Data()
        for attempt in attempts {
            sent += try encoder.encode(["prompt": attempt.prompt, "completion": attempt.completion])
            sent.append(UInt8(ascii: "\n"))
        }
        sent.append(UInt8(ascii: "\n"))
        let lines = try program.withLock {
            try $0.exchange(
                sent, answers: attempts.count, longestAnswerBytes: Self.longestAnswerBytes, until: .now + timeout)
        }
        return try lines.enumerated().map { try reward($1, line: $0 + 1) }
    }

    private func reward(_ answer: Data, line: Int) throws -> Double {
        let value = try? JSONSerialization.jsonObject(with: answer, options: .fragmentsAllowed)
        let number = (value as? [String: Any])?["reward"] ?? value
        guard let reward = (number as? NSNumber)?.doubleValue, reward.isFinite else {
            throw ReinforcementError.badReward(
                command: command, line: line, got: String(decoding: answer, as: UTF8.self))
        }
        return reward
    }
}

/// The program, and what it has answered so far.
private final class RewardProgram: @unchecked Sendable {
    // Used under the lock of its owner alone.
    private let command: String
    private let shell: ShellChild
    private var received = Data()

    init(_ command: String) throws {
        self.command = command
        do {
            shell = try ShellChild(command)
        } catch {
            throw ReinforcementError.rewardProgramFailed(
                command: command, reason: "cannot be started: \(error.localizedDescription)")
        }
    }

    /// Writes while it reads, so that neither side waits for a full pipe.
    func exchange(
        _ sent: Data, answers: Int, longestAnswerBytes: Int, until deadline: ContinuousClock.Instant
    ) throws -> [Data] {
        var rest = sent[...]
        var lines: [Data] = []
        while lines.count < answers || !rest.isEmpty {
            let left = deadline - .now
            guard left > .zero else {
                throw failure("gave \(lines.count) of \(answers) rewards within its time (--reward-timeout)")
            }
            var ends = [
                pollfd(fd: shell.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: rest.isEmpty ? -1 : shell.input, events: Int16(POLLOUT), revents: 0),
            ]
            let milliseconds = min(left / .milliseconds(1), 1000).rounded(.up)
            guard poll(&ends, 2, Int32(milliseconds)) >= 0 || errno == EINTR else {
                throw failure("cannot be waited for: \(String(cString: strerror(errno)))")
            }
            if ends[1].revents != 0 { try write(&rest) }
            if ends[0].revents != 0 { try read(longestAnswerBytes) }
            while lines.count < answers, let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(received[received.startIndex..<end])
                received = received[received.index(after: end)...]
                if !line.isEmpty { lines.append(line) }
            }
            guard lines.count < answers || received.isEmpty else {
                throw failure("gave more rewards than it was asked for")
            }
        }
        return lines
    }

    private func write(_ rest: inout Data.SubSequence) throws {
        let count = rest.withUnsafeBytes { Glibc.write(shell.input, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            guard errno == EAGAIN || errno == EINTR else { throw ended("does not read what it is given") }
            return
        }
        rest = rest.dropFirst(count)
    }

    private func read(_ longestAnswerBytes: Int) throws {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(shell.output, &block, block.count)
        guard count != 0 else { throw ended("ended its answers") }
        guard count > 0 else {
            guard errno == EAGAIN || errno == EINTR else { throw ended("cannot be read") }
            return
        }
        received += block[..<count]
        let last = received.lastIndex(of: UInt8(ascii: "\n")).map { received.index(after: $0) } ?? received.startIndex
        guard received[last...].count <= longestAnswerBytes else {
            throw failure("gave an answer of over \(longestAnswerBytes) bytes")
        }
    }

    /// A program that has gone says so by its status; it may take a moment to be gone.
    private func ended(_ otherwise: String) -> ReinforcementError {
        switch shell.waitForEnd(milliseconds: 100) {
        case .status(let status): failure("ended with status \(status)")
        case .signal(let signal): failure("ended with signal \(signal)")
        case nil: failure(otherwise)
        }
    }

    private func failure(_ reason: String) -> ReinforcementError {
        shell.stop()
        return .rewardProgramFailed(command: command, reason: reason)
    }
}
