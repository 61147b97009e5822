import LinePrograms
import System

/// A running program that reads corpora: asked in lines, it answers in lines.
final class ReaderProgram {
    private let command: String
    /// What is being read, for errors.
    private var path = ""
    private let program: LineProgram

    init(_ command: String, maxLineBytes: Int) throws(CorpusError) {
        self.command = command
        do throws(SystemError) {
            program = try LineProgram(command, longestLine: maxLineBytes)
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
        guard !program.hasUnread else { throw failure("said more than it was asked for") }
        try naming {
            var rest = line[...]
            while true {
                try program.write(&rest)
                guard !rest.isEmpty else { return }
                try onWait()
                if try program.wait(writing: true).toRead, try program.read() == .end { throw program.end() }
            }
        }
    }

    /// The next line that it says, without its end; valid until the next call.
    ///
    /// - Parameter onWait: called again and again until the line is whole; what it throws ends the waiting.
    func line(onWait: () throws -> Void) throws -> ArraySlice<UInt8> {
        try naming {
            while true {
                if let line = program.nextLine() { return line }
                let found = try program.read()
                if found == .end { throw program.end() }
                try onWait()
                if found == .nothing { _ = try program.wait(writing: false) }
            }
        }
    }

    func failure(_ reason: String) -> CorpusError {
        program.stop()
        return .readerFailed(path: path, program: command, reason: reason)
    }

    private func naming<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let fault as LineProgram.Fault {
            let isParting =
                switch fault {
                case .ended, .closedOutput, .closedInput: true
                case .longLine, .failed: false
                }
            throw failure(fault.description + (isParting ? " before it had answered" : ""))
        }
    }
}
