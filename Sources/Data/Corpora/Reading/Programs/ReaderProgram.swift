import Foundation
import System

/// A running program that reads corpora: asked in lines, it answers in lines. Its standard error is ours.
///
/// Whoever uses this ignores SIGPIPE.
final class ReaderProgram {
    /// How soon a request to stop is seen.
    private static let pollMilliseconds: Int32 = 50
    private static let blockBytes = 1 << 16

    private let command: String
    /// What is being read, for errors.
    private var path = ""
    private let shell: PipedProcess
    private let maxLineBytes: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var block = [UInt8](repeating: 0, count: ReaderProgram.blockBytes)

    init(_ command: String, maxLineBytes: Int) throws(CorpusError) {
        self.command = command
        self.maxLineBytes = maxLineBytes
        do throws(SystemError) {
            shell = try PipedProcess("/bin/sh", ["-c", command])
        } catch {
            throw .readerFailed(path: "", program: command, reason: "cannot be started: \(error.reason)")
        }
    }

    /// Hands a line to the program.
    ///
    /// - Parameters:
    ///   - path: what it is asked about, for errors.
    ///   - onWait: called again and again while nothing happens; what it throws ends the waiting.
    func ask(_ line: [UInt8], about path: String, onWait: () throws -> Void) throws {
        self.path = path
        guard start == buffer.count else { throw failure("said more than it was asked for") }
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(shell.input, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN || errno == EINTR {
                try wait(shell.input, POLLOUT, onWait)
            } else {
                throw ended()
            }
        }
    }

    /// The next line that it says, without its end; valid until the next call.
    func line(onWait: () throws -> Void) throws -> ArraySlice<UInt8> {
        while true {
            if let newline = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { (start, searched) = (newline + 1, newline + 1) }
                return buffer[start..<newline]
            }
            guard buffer.count - start <= maxLineBytes else {
                throw failure("gave a line of over \(maxLineBytes) bytes")
            }
            buffer.removeSubrange(..<start)
            start = 0
            searched = buffer.count
            try read(onWait)
        }
    }

    func failure(_ reason: String) -> CorpusError {
        shell.process.stop()
        return .readerFailed(path: path, program: command, reason: reason)
    }

    private func read(_ onWait: () throws -> Void) throws {
        while true {
            let count = Glibc.read(shell.output, &block, block.count)
            if count > 0 { return buffer.append(contentsOf: block[..<count]) }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw ended() }
            try wait(shell.output, POLLIN, onWait)
        }
    }

    private func wait(_ descriptor: Int32, _ event: Int32, _ onWait: () throws -> Void) throws {
        try onWait()
        var end = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        let count = poll(&end, 1, Self.pollMilliseconds)
        let error = SystemError("wait for the program")
        guard count >= 0 || error.code == EINTR else { throw failure("cannot be waited for: \(error.reason)") }
    }

    /// A program that has gone says so by its status; it may take a moment to be gone.
    private func ended() -> CorpusError {
        let cut = start < buffer.count ? " in the middle of a line" : ""
        switch shell.process.end(withinMilliseconds: 1000) {
        case .status(let status): return failure("ended with status \(status)\(cut) before it had answered")
        case .signal(let signal): return failure("ended with signal \(signal)\(cut) before it had answered")
        case nil: return failure("closed its output\(cut) before it had answered")
        }
    }
}
