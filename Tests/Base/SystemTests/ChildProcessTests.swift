import Foundation
import System
import TestSupport
import Testing

struct ChildProcessTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func started(_ script: String, endsWithUs: Bool = false) throws -> ChildProcess {
        let file = try FileSink(directory.file("output"), .replacing)
        return try ChildProcess(
            "/bin/sh", ["-c", script], environment: ["WORD": "a word"],
            streams: ChildProcess.Streams(output: file.number, errors: file.number), endsWithUs: endsWithUs)
    }

    private func end(_ process: ChildProcess) -> ChildProcess.End? { process.end(withinMilliseconds: 60_000) }

    private func output() throws -> String { try String(contentsOfFile: directory.file("output"), encoding: .utf8) }

    @Test(arguments: [false, true])
    func itsStreamsEnvironmentAndStatusAreThoseItWasGiven(_ endsWithUs: Bool) async throws {
        try await onThread {
            let process = try started(#"cat; echo "$WORD"; echo wrong >&2; exit 3"#, endsWithUs: endsWithUs)
            #expect(end(process) == .status(3))
            #expect(try output() == "a word\nwrong\n")
        }
    }

    @Test func aSignalThatEndsItIsTold() async throws {
        try await onThread {
            let process = try started("echo ready; exec sleep 1000")
            try Patience.eventually { try !output().isEmpty }
            process.terminate()
            #expect(end(process) == .signal(SIGTERM))
            #expect(process.end?.shellStatus == 128 + SIGTERM)
            process.terminate()
            process.stop()
            #expect(process.end == .signal(SIGTERM))
        }
    }

    /// Our own signals are blocked or ignored; a program is to be started with them as usual.
    @Test func itHasSignalsAsUsual() async throws {
        try await onThread {
            let process = try started("kill -PIPE $$; echo still there")
            #expect(end(process) == .signal(SIGPIPE))
        }
    }

    /// The grandchild holds a pipe open: it is at its end once both have gone.
    @Test(arguments: ["exit 0", "exec sleep 1000"])
    func whatItHasStartedEndsWithIt(_ last: String) async throws {
        try await onThread {
            let program = try PipedProcess("/bin/sh", ["-c", "sleep 1000 & echo; \(last)"])
            #expect(Polling.wait(for: program.output, until: Deadline(after: .seconds(60))))
            if last == "exit 0" {
                #expect(end(program.process) == .status(0))
            } else {
                program.process.stop()
                #expect(program.process.end == .signal(SIGKILL))
            }
            var byte: UInt8 = 0
            #expect(read(program.output, &byte, 1) == 1)
            #expect(Polling.wait(for: program.output, until: Deadline(after: .seconds(60))))
            #expect(read(program.output, &byte, 1) == 0, "nobody writes to it any more")
        }
    }

    @Test func whatWeWriteItReads() async throws {
        try await onThread {
            let program = try PipedProcess("/bin/cat", [])
            let sent: [UInt8] = [1, 2, 3]
            #expect(write(program.input, sent, 3) == 3)
            #expect(Polling.wait(for: program.output, until: Deadline(after: .seconds(60))))
            var received = [UInt8](repeating: 0, count: 4)
            #expect(read(program.output, &received, 4) == 3)
            #expect(received == sent + [0])
        }
    }

    @Test func aProgramThatIsNotThereIsNamed() throws {
        let path = directory.file("none")
        #expect(throws: SystemError("start", path, code: ENOENT)) { _ = try ChildProcess(path, []) }
    }
}
