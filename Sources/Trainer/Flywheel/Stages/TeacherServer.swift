import Foundation
import HTTPClient
import ScoringAPI
import ScoringClient
import System

/// A remit-server process on a free loopback port. It begins with one teacher and is taught others while it runs.
final class TeacherServer {
    private static let startSeconds = 120.0
    private static let loadTimeout = Duration.seconds(120)

    let url: String
    private let process: StageProcess
    private let client: ScoringClient

    /// Returns once it is ready.
    ///
    /// - Parameters:
    ///   - modelsDirectory: where teachers that it is taught later lie.
    init(
        program: FlywheelProgram, model: String, name: String, modelsDirectory: String, log: String, stop: StopFlag
    ) throws {
        let portFile = log + ".port"
        try? FileManager.default.removeItem(atPath: portFile)
        process = try StageProcess(
            program,
            [
                "--model", model, "--name", name, "--models-dir", modelsDirectory, "--admin-without-key",
                "--port", "0", "--port-file", portFile, "--threads", "1",
            ], log: log)
        let end = Date(timeIntervalSinceNow: Self.startSeconds)
        var port: Int?
        while port == nil {
            if stop.isRequested { throw FlywheelError.interrupted }
            guard process.isRunning, Date() < end else {
                throw FlywheelError.serverFailed(log: log, lastLine: process.lastLine)
            }
            let text = try? String(contentsOfFile: portFile, encoding: .utf8)
            port = text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            if port == nil { usleep(5000) }
        }
        url = "http://127.0.0.1:\(port ?? 0)"
        client = ScoringClient(ScoringClientConfiguration(servers: [try ServerAddress(url)]))
        do {
            try client.waitUntilReady(CallOptions(deadline: .now + Self.loadTimeout))
        } catch  where !process.isRunning {
            throw FlywheelError.serverFailed(log: log, lastLine: process.lastLine)
        }
    }

    /// Why nobody can be taught by it any more: it has ended. nil while it runs.
    var failure: FlywheelError? {
        process.status.map { .serverEnded(status: $0, log: process.log, lastLine: process.lastLine) }
    }

    /// Loads another teacher, to be asked for by `name`, beside those the server has.
    func load(_ model: String, as name: String) throws {
        let options = CallOptions(timeout: Self.loadTimeout, deadline: .now + Self.loadTimeout)
        let path = URL(fileURLWithPath: model).standardizedFileURL.path
        try whileItRuns { try client.loadTeacher(LoadTeacherRequest(name: name, path: path), options) }
    }

    /// Makes a loaded teacher the one that answers requests without a name.
    func makeDefault(_ name: String) throws {
        let options = CallOptions(deadline: .now + Self.loadTimeout)
        try whileItRuns { try client.setDefaultTeacher(DefaultTeacherRequest(name: name), options) }
    }

    /// Of a server that has ended, that is the error.
    private func whileItRuns(_ body: () throws -> Void) throws {
        if let failure { throw failure }
        do {
            try body()
        } catch {
            throw failure ?? error
        }
    }

    /// CPU seconds of the server so far; nil where the system does not tell, or the server has ended.
    var cpuSeconds: Double? { process.cpuSeconds }

    func finish() {
        process.terminate()
        for _ in 0..<2000 where process.isRunning { usleep(5000) }
    }
}
