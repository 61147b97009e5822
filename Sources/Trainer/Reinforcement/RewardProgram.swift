import Foundation
import Glibc
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
    /// How soon a request to stop is seen.
    private static let pollMilliseconds: Int32 = 50
    private static let newline = UInt8(ascii: "\n")

    private let command: String
    private let shell: PipedProcess
    private var received = Data()

    init(_ command: String) throws {
        self.command = command
        do throws(SystemError) {
            shell = try PipedProcess("/bin/sh", ["-c", command])
        } catch {
            throw ReinforcementError.rewardProgramFailed(
                command: command, reason: "cannot be started: \(error.reason)")
        }
    }

    /// Writes while it reads, so that neither side waits for a full pipe.
    func exchange(
        _ sent: Data, answers: Int, until deadline: ContinuousClock.Instant, stop: StopFlag
    ) throws -> Batch {
        try refuseLeftovers()
        var rest = sent[...]
        var batch = Batch()
        var last: ContinuousClock.Instant?
        while batch.lines.count < answers || !rest.isEmpty {
            guard deadline > .now else {
                throw failure("gave \(batch.lines.count) of \(answers) rewards within its time (--reward-timeout)")
            }
            let ready = try wait(writing: !rest.isEmpty, until: deadline, stop)
            if ready.toWrite { try write(&rest) }
            guard ready.toRead else { continue }
            if try read() == .end { throw ended("ended its answers") }
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

    /// Waits for an answer too many: twice as long as the program took between two answers, but at least 50 ms and at most 1 s.
    func expectSilence(after batch: Batch, stop: StopFlag) throws {
        let end = ContinuousClock.now + min(max(batch.longestPause * 2, .milliseconds(50)), .seconds(1))
        while end > .now {
            guard try wait(writing: false, until: end, stop).toRead else { continue }
            if try read() == .end { return }
            try refuseAnswers()
        }
    }

    /// Whatever has come since the last step.
    private func refuseLeftovers() throws {
        while try read() == .some { try refuseAnswers() }
        try refuseAnswers()
        received = Data()
    }

    private func refuseAnswers() throws {
        guard !Self.isBlank(received) else { return }
        let shown = String(decoding: received.prefix(60), as: UTF8.self).debugDescription
        throw failure(
            "gave more rewards than it was asked for: \(shown). It must answer each completion once, and the empty line behind a "
                + "step's completions not at all. Answers that repeat their completion's \"index\" are matched with it")
    }

    /// The next line that is not blank.
    private func nextAnswer() -> Data? {
        while let end = received.firstIndex(of: Self.newline) {
            let line = Data(received[received.startIndex..<end])
            received = received[received.index(after: end)...]
            if !Self.isBlank(line) { return line }
        }
        return nil
    }

    private static func isBlank(_ bytes: Data) -> Bool { bytes.allSatisfy { [0x20, 0x09, 0x0D, 0x0A].contains($0) } }

    /// Returns after a moment, at the latest, also where neither is possible.
    private func wait(
        writing: Bool, until end: ContinuousClock.Instant, _ stop: StopFlag
    ) throws -> (toRead: Bool, toWrite: Bool) {
        guard !stop.isRequested else {
            shell.process.stop()
            throw TrainingError.interrupted
        }
        var ends = [
            pollfd(fd: shell.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: writing ? shell.input : -1, events: Int16(POLLOUT), revents: 0),
        ]
        let left = max(0, (end - .now) / .milliseconds(1)).rounded(.up)
        let count = poll(&ends, 2, min(Self.pollMilliseconds, Int32(min(left, 1000))))
        let error = SystemError("wait for the program")
        guard count >= 0 || error.code == EINTR else { throw failure("cannot be waited for: \(error.reason)") }
        return (ends[0].revents != 0, ends[1].revents != 0)
    }

    private func write(_ rest: inout Data.SubSequence) throws {
        let count = rest.withUnsafeBytes { Glibc.write(shell.input, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            guard errno == EAGAIN || errno == EINTR else { throw ended("does not read what it is given") }
            return
        }
        rest = rest.dropFirst(count)
    }

    private enum Reading { case some, nothing, end }

    /// Reads what is there, without waiting.
    private func read() throws -> Reading {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(shell.output, &block, block.count)
        guard count != 0 else { return .end }
        guard count > 0 else {
            guard errno == EAGAIN || errno == EINTR else { throw ended("cannot be read") }
            return .nothing
        }
        received += block[..<count]
        let last = received.lastIndex(of: Self.newline).map { received.index(after: $0) } ?? received.startIndex
        guard received[last...].count <= Self.longestAnswerBytes else {
            throw failure("gave an answer of over \(Self.longestAnswerBytes) bytes")
        }
        return .some
    }

    /// A program that has gone says so by its status; it may take a moment to be gone.
    private func ended(_ otherwise: String) -> ReinforcementError {
        switch shell.process.end(withinMilliseconds: 100) {
        case .status(let status): failure("ended with status \(status)")
        case .signal(let signal): failure("ended with signal \(signal)")
        case nil: failure(otherwise)
        }
    }

    private func failure(_ reason: String) -> ReinforcementError {
        shell.process.stop()
        return .rewardProgramFailed(command: command, reason: reason)
    }
}
