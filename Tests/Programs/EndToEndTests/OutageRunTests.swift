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
        Outcome(result: try program.wait(timeout: 120), out: run.directory.file(name))
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
}
