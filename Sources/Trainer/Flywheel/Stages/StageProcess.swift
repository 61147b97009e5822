import Foundation
import System

/// One of our programs as a process, its standard error in a log. Where the system has setpriv, it ends when we are killed.
struct StageProcess {
    let log: String
    private let process: ChildProcess

    /// - Parameter output: where its standard output goes; nil: into the log too.
    init(
        _ program: FlywheelProgram, _ arguments: [String], log: String, output: String? = nil
    ) throws(FlywheelError) {
        self.log = log
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw .programMissing(path: program.path)
        }
        let errors = try Self.newFile(log)
        let separate: FileSink?
        if let output { separate = try Self.newFile(output) } else { separate = nil }
        do {
            process = try ChildProcess(
                program.path, program.leadingArguments + arguments,
                environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("REMIT_") },
                streams: ChildProcess.Streams(output: Self.number(separate) ?? errors.number, errors: errors.number),
                endsWithUs: true)
        } catch {
            throw .fileFailed(path: program.path, reason: "cannot be started: \(error.reason)")
        }
    }

    var isRunning: Bool { process.end == nil }

    /// CPU seconds of all threads: so far, or all that it took once `wait` has returned; nil where the system does not tell.
    var cpuSeconds: Double? { process.cpuSeconds }

    /// Waits for the end and returns the status; asked to stop, it passes that on and throws when the process has ended.
    func wait(_ stop: StopFlag) throws(FlywheelError) -> Int32 {
        var isStopping = false
        while true {
            if let end = process.end {
                if isStopping || stop.isRequested { throw .interrupted }
                return end.shellStatus
            }
            if stop.isRequested, !isStopping {
                isStopping = true
                terminate()
            }
            usleep(5000)
        }
    }

    func terminate() { process.terminate() }

    var lastLine: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "no output"
    }

    private static func number(_ file: borrowing FileSink?) -> Int32? {
        switch file {
        case .some(let file): file.number
        case nil: nil
        }
    }

    private static func newFile(_ path: String) throws(FlywheelError) -> FileSink {
        do throws(SystemError) {
            try Directory.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            return try FileSink(path, .replacing)
        } catch {
            throw .fileFailed(path: path, reason: "cannot be written: \(error.reason)")
        }
    }
}
