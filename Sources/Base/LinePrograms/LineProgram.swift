import Foundation
import Glibc
import System

/// A running program that is asked in lines and answers in lines, started through the shell. Its standard error is ours.
///
/// Nothing here waits but `wait`, for a moment. Whoever uses this ignores SIGPIPE.
package final class LineProgram: @unchecked Sendable {
    // Used by one owner, or under its lock.

    /// What ends a conversation. The program is ended with it.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        /// It has ended by itself; `isInLine`: in the middle of a line.
        case ended(ChildProcess.End, isInLine: Bool)
        /// It runs, but has closed its output; `isInLine`: in the middle of a line.
        case closedOutput(isInLine: Bool)
        /// It runs, but has closed its input.
        case closedInput
        /// A line of more than so many bytes.
        case longLine(limit: Int)
        /// The system cannot say whether it is ready.
        case failed(reason: String)

        package var description: String {
            switch self {
            case .ended(.status(let status), let isInLine): "ended with status \(status)\(Self.place(isInLine))"
            case .ended(.signal(let signal), let isInLine): "ended with signal \(signal)\(Self.place(isInLine))"
            case .closedOutput(let isInLine): "closed its output\(Self.place(isInLine))"
            case .closedInput: "does not read what it is given"
            case .longLine(let limit): "gave a line of over \(limit) bytes"
            case .failed(let reason): "cannot be waited for: \(reason)"
            }
        }

        private static func place(_ isInLine: Bool) -> String { isInLine ? " in the middle of a line" : "" }
    }

    /// What a read found.
    package enum Reading { case some, nothing, end }

    private static let newline = UInt8(ascii: "\n")
    private static let blockBytes = 1 << 16
    /// How soon a request to stop is seen.
    private static let pollMilliseconds: Int32 = 50
    /// A program that has gone says so by its status; it may take a moment to be gone.
    private static let partingMilliseconds = 1000

    private let shell: PipedProcess
    private let longestLine: Int
    private var buffer: [UInt8] = []
    /// Where the first line that was not taken begins, and from where on there may be an end of it.
    private var (start, searched) = (0, 0)
    /// Where the last line begins, of which there is no end yet.
    private var last = 0
    private var block = [UInt8](repeating: 0, count: LineProgram.blockBytes)

    /// - Parameters:
    ///   - command: a line for the shell.
    ///   - longestLine: bytes of the longest line that it may say.
    /// - Throws: `SystemError` where it cannot be started.
    package init(_ command: String, longestLine: Int) throws(SystemError) {
        shell = try PipedProcess("/bin/sh", ["-c", command])
        self.longestLine = longestLine
    }

    /// Whether it has said something that was not taken.
    package var hasUnread: Bool { start < buffer.count }

    /// What it has said and was not taken, the end of it perhaps half a line.
    package var unread: ArraySlice<UInt8> { buffer[start...] }

    /// Forgets what it has said and was not taken.
    package func dropUnread() {
        buffer = []
        (start, searched, last) = (0, 0, 0)
    }

    /// The first line that was not taken, without its end, valid until the next call; nil where none is whole.
    package func nextLine() -> ArraySlice<UInt8>? {
        guard let end = buffer[searched...].firstIndex(of: Self.newline) else {
            searched = buffer.count
            return nil
        }
        defer { (start, searched) = (end + 1, end + 1) }
        return buffer[start..<end]
    }

    /// Gives it as much as it takes at once.
    ///
    /// - Parameter rest: what is to be given; afterwards what is left of it.
    /// - Throws: `Fault`.
    package func write(_ rest: inout ArraySlice<UInt8>) throws(Fault) {
        guard !rest.isEmpty else { return }
        let count = rest.withUnsafeBytes { Glibc.write(shell.input, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            guard errno == EAGAIN || errno == EINTR else { throw parted(.closedInput) }
            return
        }
        rest = rest.dropFirst(count)
    }

    /// Reads a block of what it has said.
    ///
    /// - Throws: `Fault.longLine`, `.failed`.
    package func read() throws(Fault) -> Reading {
        let count = Glibc.read(shell.output, &block, block.count)
        guard count > 0 else {
            if count == 0 { return .end }
            guard errno == EAGAIN || errno == EINTR else { throw parted(.closedOutput(isInLine: hasUnread)) }
            return .nothing
        }
        if start > 0 {
            buffer.removeSubrange(..<start)
            searched -= start
            last -= start
            start = 0
        }
        // Looked for in what is new alone: a line of 2^28 bytes comes in 2^12 blocks.
        if let newline = block[..<count].lastIndex(of: Self.newline) { last = buffer.count + newline + 1 }
        buffer.append(contentsOf: block[..<count])
        guard buffer.count - last <= longestLine else {
            stop()
            throw .longLine(limit: longestLine)
        }
        return .some
    }

    /// Waits for a moment until it has said something, or takes something.
    ///
    /// - Parameters:
    ///   - writing: whether there is something to be given.
    ///   - deadline: when to return at the latest, also where neither is so.
    /// - Throws: `Fault.failed`.
    package func wait(
        writing: Bool, until deadline: ContinuousClock.Instant? = nil
    ) throws(Fault) -> (toRead: Bool, toWrite: Bool) {
        var ends = [
            pollfd(fd: shell.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: writing ? shell.input : -1, events: Int16(POLLOUT), revents: 0),
        ]
        let left = deadline.map { max(0, ($0 - .now) / .milliseconds(1)).rounded(.up) } ?? 1000
        let count = poll(&ends, 2, min(Self.pollMilliseconds, Int32(min(left, 1000))))
        let error = SystemError("wait for the program")
        guard count >= 0 || error.code == EINTR else {
            stop()
            throw .failed(reason: error.reason)
        }
        return (ends[0].revents != 0, ends[1].revents != 0)
    }

    /// Why there is no more to be read.
    package func end() -> Fault { parted(.closedOutput(isInLine: hasUnread)) }

    /// Ends it.
    package func stop() { shell.process.stop() }

    private func parted(_ otherwise: Fault) -> Fault {
        let end = shell.process.end(withinMilliseconds: Self.partingMilliseconds)
        stop()
        return end.map { .ended($0, isInLine: hasUnread) } ?? otherwise
    }
}

extension LineProgram {
    /// Gives it a line and waits for the one that it answers. It is read while it is written to, so that neither side waits for a full pipe.
    ///
    /// - Parameters:
    ///   - line: with its end.
    ///   - onWait: called again and again while nothing happens; what it throws ends the program, and the waiting.
    /// - Throws: `Fault`; what `onWait` throws.
    /// - Returns: the answer without its end, valid until the next call.
    package func answer(to line: [UInt8], onWait: () throws -> Void) throws -> ArraySlice<UInt8> {
        var rest = line[...]
        while true {
            if rest.isEmpty, let answer = nextLine() { return answer }
            do {
                try onWait()
            } catch {
                stop()
                throw error
            }
            let ready = try wait(writing: !rest.isEmpty)
            if ready.toWrite { try write(&rest) }
            if ready.toRead, try read() == .end { throw end() }
        }
    }
}
