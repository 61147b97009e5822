import Foundation
import System

/// One of our programs as a process, its standard error in a log. Where the system has setpriv, it ends when we are killed.
final class ChildProcess {
    private let process = Process()
    let log: String

    private static let keeper = "/usr/bin/setpriv"
    /// Killed before setpriv asked to be told of it, we would leave a stage behind that holds its directory.
    private static let unlessOrphaned = #"[ "$PPID" = "$0" ] && exec "$@""#

    /// - Parameter output: where its standard output goes; nil: into the log too.
    init(_ program: String, _ arguments: [String], log: String, output: String? = nil) throws {
        self.log = log
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw FlywheelError.programMissing(path: program)
        }
        if FileManager.default.isExecutableFile(atPath: Self.keeper) {
            process.executableURL = URL(fileURLWithPath: Self.keeper)
            process.arguments =
                ["--pdeathsig", "KILL", "/bin/sh", "-c", Self.unlessOrphaned, "\(getpid())", program] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("REMIT_") }
        process.standardInput = FileHandle.nullDevice
        let errors = try Self.newFile(log)
        process.standardError = errors
        process.standardOutput = try output.map(Self.newFile) ?? errors
        do {
            try process.run()
        } catch {
            throw FlywheelError.fileFailed(path: program, reason: "cannot be started: \(error.localizedDescription)")
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var isRunning: Bool { process.isRunning }

    /// CPU seconds so far, of all threads; nil where the system has no /proc, or the process has ended.
    var cpuSeconds: Double? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Waits for the end and returns the status; asked to stop, it passes that on and throws when the process has ended.
    func wait(_ stop: StopFlag) throws -> Int32 {
        var isStopping = false
        while process.isRunning {
            if stop.isRequested, !isStopping {
                isStopping = true
                terminate()
            }
            usleep(5000)
        }
        process.waitUntilExit()
        if isStopping || stop.isRequested { throw FlywheelError.interrupted }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    func terminate() { if process.isRunning { kill(process.processIdentifier, SIGTERM) } }

    var lastLine: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "no output"
    }

    private static func newFile(_ path: String) throws -> FileHandle {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        } catch {
            throw FlywheelError.fileFailed(path: path, reason: "cannot be written: \(error.localizedDescription)")
        }
    }
}
