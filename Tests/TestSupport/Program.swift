import Foundation

/// What a finished program left behind.
package struct ProgramResult: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String
}

package enum ProgramError: Error {
    case missing(path: String)
    case outOfTime(program: String, waiting: String, output: String, errors: String)
}

/// One of the package's programs (or any other), started as a process of its own with its output kept in files.
///
/// All waits block: call from `onThread`. They ask the system for the end, not Foundation: that learns of it through a socket which every
/// process inherits that another thread starts at the same moment, so a server that had ended "ran" for as long as its neighbour did.
package final class Program: @unchecked Sendable {
    // Process is used by one test at a time; its own state is behind Foundation's lock.
    private let process = Process()
    private let directory: TemporaryDirectory
    private let name: String

    /// The folder of the test runner, where the package's programs lie too.
    package static let folder: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().path
    }()

    /// The repository's root.
    package static let root: String = {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }()

    /// - Parameters:
    ///   - name: `remit-server`, `remit-trainer`, or the absolute path of any program.
    ///   - errors: where its standard error goes; nil for a file, from which `errors` reads.
    package init(
        start name: String, _ arguments: [String], environment: [String: String] = [:],
        currentDirectory: String? = nil, errors: FileHandle? = nil
    ) throws {
        let path = name.hasPrefix("/") ? name : Program.folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else { throw ProgramError.missing(path: path) }
        self.name = name
        directory = try TemporaryDirectory()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        var inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("REMIT_") }
        inherited.merge(environment) { $1 }
        process.environment = inherited
        if let currentDirectory { process.currentDirectoryURL = URL(fileURLWithPath: currentDirectory) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Program.newFile(directory.file("output"))
        process.standardError = try errors ?? Program.newFile(directory.file("errors"))
        try process.run()
    }

    package static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], currentDirectory: String? = nil,
        timeout: TimeInterval = Patience.seconds
    ) throws -> ProgramResult {
        try Program(start: name, arguments, environment: environment, currentDirectory: currentDirectory)
            .wait(timeout: timeout)
    }

    package var output: String { text("output") }
    package var errors: String { text("errors") }
    package var isRunning: Bool { end == nil }
    package var processIdentifier: Int32 { process.processIdentifier }

    package func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end; a program that outlasts the timeout is killed and reported.
    package func wait(timeout: TimeInterval = Patience.seconds) throws -> ProgramResult {
        var status: Int32?
        _ = poll(timeout) {
            status = end
            return status != nil
        }
        guard let status else {
            signal(SIGKILL)
            throw ProgramError.outOfTime(program: name, waiting: "its end", output: output, errors: errors)
        }
        return ProgramResult(status: status, output: output, errors: errors)
    }

    /// The status as a shell tells it, 128 + n after signal n; nil while it runs. Leaves it to Foundation to reap it.
    private var end: Int32? {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process.processIdentifier), &information, WEXITED | WNOHANG | WNOWAIT) != 0 {
            guard errno != EINTR else { continue }
            // Reaped.
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }
        guard information.si_code != 0 else { return nil }
        let status = information._sifields._sigchld.si_status
        return Int(information.si_code) == Int(CLD_EXITED) ? status : 128 + status
    }

    /// Waits until `condition` gives a value; ends early where the program ends.
    package func waitFor<Value>(
        _ what: String, timeout: TimeInterval = Patience.seconds, _ condition: (Program) -> Value?
    ) throws -> Value {
        var value: Value?
        _ = poll(timeout) {
            value = condition(self)
            return value != nil || !isRunning
        }
        guard let value = value ?? condition(self) else {
            throw ProgramError.outOfTime(program: name, waiting: what, output: output, errors: errors)
        }
        return value
    }

    private func poll(_ timeout: TimeInterval, _ done: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: timeout)
        while !done() {
            if Date() > end { return false }
            usleep(10_000)
        }
        return true
    }

    private func text(_ file: String) -> String {
        String(decoding: FileManager.default.contents(atPath: directory.file(file)) ?? Data(), as: UTF8.self)
    }

    private static func newFile(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    deinit { if isRunning { kill(process.processIdentifier, SIGKILL) } }
}
