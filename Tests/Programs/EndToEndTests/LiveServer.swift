import Foundation
import TestSupport

/// A remit-server process on a free loopback port, ready to answer; killed when the last reference goes.
final class LiveServer: Sendable {
    let url: String
    let port: Int
    let program: Program
    private let directory: TemporaryDirectory

    /// Blocks until /ready answers 200: call from `onThread`.
    /// - Parameter errors: where its standard error goes; nil: into a file, from which the program's `errors` reads.
    init(model: String, base: String? = nil, arguments: [String] = [], errors: FileHandle? = nil) throws {
        let directory = try TemporaryDirectory()
        let portFile = directory.file("port")
        let more = base.map { ["--base", $0] } ?? []
        let program = try Program(
            start: "remit-server",
            ["--model", model, "--port", "0", "--port-file", portFile, "--threads", "1"] + more + arguments,
            errors: errors)
        let port = try program.waitFor("the port file") { _ in
            (try? String(contentsOfFile: portFile, encoding: .utf8)).flatMap { text in
                Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        let url = "http://127.0.0.1:\(port)"
        _ = try program.waitFor("readiness") { _ in
            (try? curl([url + "/ready"]))?.status == 200 ? true : nil
        }
        self.url = url
        self.port = port
        self.program = program
        self.directory = directory
    }

    func post(_ path: String, _ json: String) throws -> (status: Int, body: String) {
        try curl([url + path, "-H", "Content-Type: application/json", "--data-binary", json])
    }

    func get(_ path: String) throws -> (status: Int, body: String) { try curl([url + path]) }

    /// SIGTERM, then the exit status.
    func stop() throws -> Int32 {
        program.signal(SIGTERM)
        return try program.wait().status
    }
}

/// Runs curl as a user would. Blocks.
func curl(_ arguments: [String]) throws -> (status: Int, body: String) {
    let result = try Program.run("/usr/bin/curl", ["-s", "-w", "\n%{http_code}"] + arguments)
    guard let split = result.output.lastIndex(of: "\n") else { return (0, result.output) }
    return (Int(result.output[result.output.index(after: split)...]) ?? 0, String(result.output[..<split]))
}
