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

    /// Status with which it ended, 128 + n after signal n; nil while it runs.
    var status: Int32? { process.end?.shellStatus }

    /// CPU seconds of all threads: so far, or all that it took once `wait` has returned; nil where the system does not tell.
    var cpuSeconds: Double? { process.cpuSeconds }

    /// Waits for the end and returns the status. Where a stop is requested, or `failure` tells why the process waits in vain, it asks the
    /// process to end, and throws when that has ended. One that ended well in spite of a failure has done its work.
    ///
    /// - Parameter failure: asked all the while; nil: the process can go on.
    func wait(_ stop: StopFlag, failure: () -> FlywheelError?) throws(FlywheelError) -> Int32 {
        var reason: FlywheelError?
        while true {
            if let end = process.end {
                if reason == .interrupted || stop.isRequested { throw .interrupted }
                if end != .status(0), let reason = reason ?? failure() { throw reason }
                return end.shellStatus
            }
            if reason == nil {
                reason = stop.isRequested ? .interrupted : failure()
                if reason != nil { terminate() }
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
