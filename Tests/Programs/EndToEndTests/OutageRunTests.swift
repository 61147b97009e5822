import Foundation
import TestSupport
import Testing

/// Servers that go away while a run needs them.
@Suite(.serialized) struct OutageRunTests {
    private static let steps = 24

    /// A run that stands still in its middle: some of its requests were answered, the next one is held by the relay.
    private func start(
        _ run: TrainerRun, _ name: String, servers: [String], held relay: Relay, _ more: [String] = []
    ) throws -> Program {
        let program = try run.start(name, servers: servers, steps: Self.steps, ["--prefetch", "1"] + more)
        try relay.waitUntilHeld()
        _ = try program.waitFor("three steps") { _ in
            (try? Outcome.steps(in: run.directory.file(name)))?.count ?? 0 >= 3 ? true : nil
        }
        return program
    }

    private func finish(_ run: TrainerRun, _ name: String, _ program: Program) throws -> Outcome {
        Outcome(result: try program.wait(), out: run.directory.file(name))
    }

    private func undisturbed(_ run: TrainerRun, _ server: LiveServer) throws -> Data {
        let outcome = try run.anneal("undisturbed", server: server.url, steps: Self.steps, ["--prefetch", "1"])
        return try outcome.weightsFile()
    }

    @Test func aServerThatIsRestartedCostsNothing() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            let expected = try undisturbed(run, server)
            let relay = try Relay(to: server.port, posts: 8)
            let program = try start(run, "restarted", servers: [relay.url], held: relay)
            server.program.signal(SIGKILL)
            relay.cut()
            _ = try program.waitFor("a line that it waits") { $0.errors.contains("waiting for") ? true : nil }
            let second = try LiveServer(model: Demo.teacher)
            try relay.join(second.port)
            let outcome = try finish(run, "restarted", program)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(try outcome.weightsFile() == expected)
            withExtendedLifetime((relay, second)) {}
        }
    }

    @Test func oneOfTwoServersMayGo() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let (first, second) = (try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.teacher))
            let expected = try undisturbed(run, second)
            let relay = try Relay(to: first.port, posts: 8)
            let program = try start(
                run, "two", servers: [relay.url, second.url], held: relay, ["--hedge-after", "100s"])
            first.program.signal(SIGKILL)
            relay.cut()
            let outcome = try finish(run, "two", program)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(try outcome.weightsFile() == expected)
        }
    }

    @Test func aRunThatAbortsGoesOnLater() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let abort = ["--on-outage", "abort", "--outage-after", "200ms"]
            var server = try LiveServer(model: Demo.teacher)
            let expected = try undisturbed(run, server)
            let relay = try Relay(to: server.port, posts: 8)
            let program = try start(run, "aborted", servers: [relay.url], held: relay, abort)
            server.program.signal(SIGKILL)
            relay.cut()
            let aborted = try finish(run, "aborted", program)
            #expect(
                aborted.result.status == 1 && aborted.result.errors.contains("--resume"), "\(aborted.result.errors)")
            let done = try aborted.steps().count
            #expect(done >= 3 && done < Self.steps)
            server = try LiveServer(model: Demo.teacher)
            let resumed = try run.anneal(
                "aborted", server: server.url, steps: Self.steps, ["--prefetch", "1", "--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == expected)
        }
    }

    @Test func aRunMayGoOnWithNextTokenSteps() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            let relay = try Relay(to: server.port, posts: 8)
            let program = try start(
                run, "ntp", servers: [relay.url], held: relay, ["--on-outage", "ntp", "--outage-after", "200ms"])
            server.program.signal(SIGKILL)
            relay.cut()
            let outcome = try finish(run, "ntp", program)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            let plain = try outcome.steps().map { $0["ntp"] as? Bool ?? false }
            #expect(plain.count == Self.steps && plain.first == false && plain.last == true)
            let count = plain.count { $0 }
            #expect(
                outcome.result.output.contains("next-token steps    \(count), because no server answered"),
                "\(outcome.result.output)")
        }
    }

    /// The fingerprint of the teacher was in remit.json, and its name was not.
    @Test func theTeacherIsNamedThoughNobodyAnswersAnyMore() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            let keep = ["--save-every", "1", "--keep-checkpoints", "9"]
            let first = try run.anneal("run", server: server.url, keep)
            #expect(first.result.status == 0, "\(first.result.errors)")
            func teacher() throws -> [String?] {
                let lineage =
                    try JSONSerialization.jsonObject(
                        with: Data(contentsOf: URL(fileURLWithPath: first.out + "/remit.json"))) as? [String: Any]
                let fingerprints = lineage?["fingerprints"] as? [String: Any]
                return [lineage?["teacher"] as? String, fingerprints?["teacher"] as? String]
            }
            let named = try teacher()
            #expect(named.allSatisfy { $0 != nil })
            let away = try run.anneal(
                "run", server: "http://127.0.0.1:9",
                keep + ["--resume-from", "2", "--on-outage", "ntp", "--outage-after", "100ms"])
            #expect(away.result.status == 0, "\(away.result.errors)")
            #expect(try away.steps().last?["ntp"] as? Bool == true)
            #expect(try teacher() == named)
        }
    }

    /// It gave up after --outage-after at its very first request.
    @Test func aRunMayBeginWithoutAServer() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let away = [
                "--on-outage", "ntp", "--outage-after", "100ms", "--save-every", "8", "--keep-checkpoints", "9",
            ]
            let plain = try run.anneal("plain", server: nil, steps: Self.steps, ["--weighting", "ntp"])
            let first = try run.anneal("away", server: "http://127.0.0.1:9", steps: Self.steps, away)
            #expect(first.result.status == 0, "\(first.result.errors)")
            #expect(first.result.errors.contains("beginning with the plain next-token loss"), "\(first.result.errors)")
            #expect(try first.steps().allSatisfy { $0["ntp"] as? Bool == true })
            #expect(try first.weightsFile() == plain.weightsFile())
            let lineage = try String(contentsOfFile: run.directory.file("away/remit.json"), encoding: .utf8)
            #expect(lineage.contains("\"1-\(Self.steps)\""), "\(lineage)")

            // The teacher that answers later is the run's from then on, with its fingerprint.
            let server = try LiveServer(model: Demo.teacher)
            let second = try run.anneal("away", server: server.url, steps: Self.steps, away + ["--resume-from", "8"])
            #expect(second.result.status == 0, "\(second.result.errors)")
            let isPlain = try second.steps().map { $0["ntp"] as? Bool ?? false }
            #expect(isPlain == (1...Self.steps).map { $0 <= 8 })
            let later = try String(contentsOfFile: run.directory.file("away/remit.json"), encoding: .utf8)
            #expect(later.contains("\"1-8\"") && later.contains("\"teacher\""), "\(later)")

            // Nor does it depend on the flag of the last command, or on the log.
            let plainWords = "\"next_token_steps\" : \"1-8\""
            let last = ["--save-every", "8", "--keep-checkpoints", "9", "--resume-from", "16"]
            for loses in [false, true] {
                if loses { try FileManager.default.removeItem(atPath: run.directory.file("away/log.jsonl")) }
                let waiting = try run.anneal("away", server: server.url, steps: Self.steps, last)
                #expect(waiting.result.status == 0, "\(waiting.result.errors)")
                #expect(waiting.result.output.contains("next-token steps    8, because"), "\(waiting.result.output)")
                let said = try String(contentsOfFile: run.directory.file("away/remit.json"), encoding: .utf8)
                #expect(said.contains(plainWords), "\(said)")
            }

            // Another teacher than that is refused, as in any run.
            let other = try LiveServer(model: Demo.base)
            let third = try run.anneal("away", server: other.url, steps: Self.steps, away + ["--resume-from", "16"])
            #expect(third.result.status == 1 && third.result.errors.contains("--allow-teacher-change"))
        }
    }

    /// It takes connections and says nothing: /info was waited for for 30 s, each score for a minute.
    @Test func aServerThatStandsStillIsAnOutage() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            server.program.signal(SIGSTOP)
            defer { server.program.signal(SIGCONT) }
            let start = ContinuousClock.now
            let outcome = try run.anneal(
                "still", server: server.url, steps: 12, ["--on-outage", "ntp", "--outage-after", "200ms"])
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(try outcome.steps().count { $0["ntp"] as? Bool == true } == 12)
        }
    }

    @Test func aTeacherThatComesLaterIsTakenUp() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            let relay = try Relay(to: server.port, posts: .max)
            relay.cut()
            let name = "late"
            let program = try run.start(
                name, servers: [relay.url], steps: 5000, ["--on-outage", "ntp", "--outage-after", "100ms"])
            func steps() -> [[String: Any]] { (try? Outcome.steps(in: run.directory.file(name))) ?? [] }
            _ = try program.waitFor("three steps") { _ in steps().count >= 3 ? true : nil }
            try relay.join(server.port)
            _ = try program.waitFor("a step with the teacher") { _ in
                steps().contains { $0["ntp"] as? Bool != true } ? true : nil
            }
            program.signal(SIGINT)
            let result = try program.wait()
            #expect(result.status == 130, "\(result.errors)")
            #expect(result.errors.contains("teacher: ") && result.errors.contains("beginning with"), "\(result.errors)")
            #expect(steps().first?["ntp"] as? Bool == true)
        }
    }
}
