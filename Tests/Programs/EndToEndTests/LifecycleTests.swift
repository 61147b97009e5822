import Foundation
import TestSupport
import Testing

/// What signals do to a server that has work.
@Suite(.serialized) struct LifecycleTests {
    /// Seconds of work for the demo teacher.
    private static func work(_ directory: TemporaryDirectory) throws -> String {
        var state: UInt32 = 7
        let inputs = (0..<400).map { _ in
            let ids = (0..<256).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return String(state >> 8 & 0xFF)
            }
            return #"{"token_ids":[\#(ids.joined(separator: ","))]}"#
        }
        return try directory.write("work.json", Array(#"{"inputs":[\#(inputs.joined(separator: ","))]}"#.utf8))
    }

    /// Posts the work and waits until the engine has begun it; the program is curl, its output the status.
    private static func busy(_ server: LiveServer, _ directory: TemporaryDirectory) throws -> Program {
        let curl = try Program(
            start: "/usr/bin/curl",
            [
                "-s", "-o", directory.file("answer"), "-w", "%{http_code}", server.url + "/v1/logprobs", "-H",
                "Content-Type: application/json", "--data-binary", "@" + (try work(directory)),
            ])
        _ = try server.program.waitFor("work in the queue") { _ in
            (try? server.get("/metrics").body.contains(/(?m)^remit_queue_tokens [1-9]/)) == true ? true : nil
        }
        return curl
    }

    /// It listens before it loads, so that /ready can say why it is not; it is ready after that. (What it answers meanwhile is tested
    /// on the service.)
    @Test func itListensBeforeItLoads() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            #expect(try server.stop() == 0)
            let places = ["listening on", "model loaded", "] ready"].map { server.program.errors.firstRange(of: $0) }
            let starts = try places.map { try #require($0?.lowerBound, "\(server.program.errors)") }
            #expect(starts == starts.sorted())
        }
    }

    @Test func theFirstSignalFinishesWhatIsRunningAndRefusesWhatComes() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let server = try LiveServer(
                model: Demo.teacher, arguments: ["--cache-tokens", "0", "--drain-timeout", "300"])
            let running = try Self.busy(server, directory)
            server.program.signal(SIGTERM)
            _ = try server.program.waitFor("the drain") { _ in
                (try? server.get("/ready"))?.status == 503 ? true : nil
            }
            #expect(try server.get("/health").status == 200)
            let refused = try server.post("/v1/logprobs", #"{"inputs":[{"token_ids":[1,2]}]}"#)
            #expect(refused.status == 503 && refused.body.contains("urn:remit:problem:draining"))
            #expect(try running.wait().output == "200")
            #expect(try server.program.wait().status == 0)
            let answer = try String(contentsOfFile: directory.file("answer"), encoding: .utf8)
            #expect(answer.matches(of: /"teacher_logprobs"/).count == 400)
        }
    }

    @Test func theSecondSignalEndsAtOnce() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let server = try LiveServer(model: Demo.teacher, arguments: ["--cache-tokens", "0"])
            let running = try Self.busy(server, directory)
            server.program.signal(SIGINT)
            _ = try server.program.waitFor("the drain") { $0.errors.contains("draining") ? true : nil }
            server.program.signal(SIGTERM)
            #expect(try server.program.wait().status == 128 + SIGTERM)
            #expect(try running.wait().output == "000")
        }
    }

    @Test func aDrainThatTakesTooLongIsCut() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let server = try LiveServer(
                model: Demo.teacher, arguments: ["--cache-tokens", "0", "--drain-timeout", "0"])
            let running = try Self.busy(server, directory)
            server.program.signal(SIGTERM)
            #expect(try server.program.wait().status == 1)
            #expect(server.program.errors.contains("stopped with requests still running"))
            #expect(try running.wait().output == "000")
        }
    }

    /// SIGHUP re-reads the key file and does nothing else; a file that cannot be read leaves the keys as they are.
    @Test func aHangUpReadsTheKeysAgain() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let keys = try directory.write("keys", Array("a:first-secret".utf8))
            let server = try LiveServer(model: Demo.teacher, arguments: ["--api-key-file", keys])
            func status(_ key: String) throws -> Int {
                try curl([server.url + "/info", "-H", "Authorization: Bearer \(key)"]).status
            }
            #expect(try status("first-secret") == 200)
            for (text, message) in [("b:second-secret", "keys read again"), ("b:short", "keys not read again")] {
                _ = try directory.write("keys", Array(text.utf8))
                server.program.signal(SIGHUP)
                _ = try server.program.waitFor(message) { $0.errors.contains(message) ? true : nil }
                #expect(try status("first-secret") == 401)
                #expect(try status("second-secret") == 200)
            }
            #expect(try server.stop() == 0)
        }
    }

    @Test func flagsThatContradictEachOtherStopTheStart() async throws {
        try await onThread {
            for (arguments, reason) in [
                (["--model", Demo.teacher, "--max-sequence-tokens", "9999"], "--max-sequence-tokens 9999 is over"),
                (["--model", Demo.teacher, "--max-memory", "1MiB"], "--max-memory is 1048576"),
                (["--port", "0"], "Missing expected argument '--model <dir>'"),
            ] {
                let result = try Program.run("remit-server", arguments)
                #expect(result.status == (reason.contains("memory") ? 1 : 64), "\(result.errors)")
                #expect(result.errors.split(separator: "\n").count { $0.contains(reason) } == 1, "\(result.errors)")
                #expect(result.output.isEmpty)
            }
            let environment = ["REMIT_MODEL": Demo.teacher, "REMIT_PORT": "0", "REMIT_INSECURE": "maybe"]
            let result = try Program.run("remit-server", [], environment: environment)
            #expect(result.status == 64 && result.errors.contains("REMIT_INSECURE is 'maybe'"), "\(result.errors)")
        }
    }
}
