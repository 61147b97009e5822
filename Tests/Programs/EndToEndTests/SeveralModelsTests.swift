import Foundation
import TestSupport
import Testing

/// Several servers, one of which has another model: which one teaches is never a matter of when each answers.
@Suite(.serialized) struct SeveralModelsTests {
    private static let steps = 24

    private func modelFingerprint(_ server: LiveServer) throws -> String {
        String(try #require(try server.get("/info").body.firstMatch(of: /"model_fingerprint":"([0-9a-f]+)"/)).output.1)
    }

    private func expectBothNamed(_ text: String, _ servers: [LiveServer]) throws {
        for server in servers {
            #expect(text.contains(server.url), "\(text)")
            #expect(text.contains(try modelFingerprint(server)), "\(text)")
        }
    }

    @Test func twoModelsAreRefusedByName() async throws {
        try await onThread {
            let run = try TrainerRun()
            let servers = [try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.base)]
            for (name, order) in [("forth", servers), ("back", servers.reversed())] {
                for more in [["--hedge-after", "1ms"], ["--objective", "kd"], ["--allow-mixed-scores"]] {
                    let result = try Program.run(
                        "remit-trainer", run.arguments(name, servers: order.map(\.url)) + more)
                    #expect(result.status == 1, "\(result.errors)")
                    try expectBothNamed(result.errors, servers)
                    #expect(try Outcome.steps(in: run.directory.file(name)).isEmpty)
                }
                let named = try Program.run(
                    "remit-trainer", run.arguments(name, servers: order.map(\.url)) + ["--teacher", "teacher"])
                #expect(
                    named.status == 1 && named.errors.contains("\(servers[1].url): the server has no teacher 'teacher'")
                )
            }
            let doctor = try Program.run(
                "remit-trainer",
                ["doctor"] + run.arguments("doctor", servers: servers.map(\.url)).dropFirst() + ["--allow-mixed-scores"]
            )
            #expect(doctor.status == 1 && doctor.output.hasPrefix("WRONG  teacher"), "\(doctor.output)")
            try expectBothNamed(doctor.output, servers)
        }
    }

    /// Every step is divided among the servers, and the student is the one that a single server would have made, bit for bit.
    @Test func serversShareEachStep() async throws {
        try await onThread {
            let run = try TrainerRun()
            let servers = try (0..<3).map { _ in try LiveServer(model: Demo.teacher) }
            let alone = try run.anneal("alone", server: servers[0].url)
            let before = try served(servers)
            let shared = try Program.run(
                "remit-trainer", run.arguments("shared", servers: servers.map(\.url)) + ["--spread"])
            #expect(shared.status == 0, "\(shared.errors)")
            let outcome = Outcome(result: shared, out: run.directory.file("shared"))
            #expect(try outcome.weightsFile() == alone.weightsFile())
            #expect(zip(try served(servers), before).map { $0 - $1 } == [3, 3, 3])
            let one = try Program.run(
                "remit-trainer", run.arguments("one", servers: [servers[0].url]) + ["--spread"])
            #expect(one.status == 64 && one.errors.contains("--spread needs more than one --server"), "\(one.errors)")
        }
    }

    /// Requests for log-probs that each server has answered.
    private func served(_ servers: [LiveServer]) throws -> [Int] {
        try servers.map { server in
            let count = /remit_http_requests_total\{route="logprobs",status="200"\} ([0-9]+)/
            return try server.get("/metrics").body.firstMatch(of: count).flatMap { Int($0.output.1) } ?? 0
        }
    }

    /// It was not there at the start, comes with another model, and the right one goes for a while: it is waited for.
    @Test func aServerThatComesLaterTeachesNothing() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let right = try LiveServer(model: Demo.teacher)
            let relay = try Relay(to: right.port, posts: 8)
            let expected = try run.anneal("undisturbed", server: right.url, steps: Self.steps, ["--prefetch", "1"])
            let gone = try LiveServer(model: Demo.base)
            let (port, url) = (gone.port, gone.url)
            #expect(try gone.stop() == 0)
            let trainer = try run.start(
                "disturbed", servers: [url, relay.url], steps: Self.steps,
                ["--prefetch", "1", "--hedge-after", "100s"])
            try relay.waitUntilHeld()
            #expect(trainer.errors.contains("\(url) does not answer yet"), "\(trainer.errors)")
            let other = try LiveServer(model: Demo.base, arguments: ["--port", "\(port)"])
            #expect(other.url == url)
            relay.cut()
            _ = try trainer.waitFor("a line on the other model") { program in
                program.errors.contains("\(url) is left out") || !program.isRunning ? true : nil
            }
            try relay.join(right.port)
            let outcome = Outcome(result: try trainer.wait(), out: run.directory.file("disturbed"))
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(outcome.result.errors.contains("another model"), "\(outcome.result.errors)")
            #expect(try outcome.weightsFile() == expected.weightsFile())
            withExtendedLifetime((relay, right, other)) {}
        }
    }

    @Test func aServerThatIsRestartedWithAnotherModelEndsTheRun() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher)
            let relay = try Relay(to: server.port, posts: 8)
            let trainer = try run.start("run", servers: [relay.url], steps: Self.steps, ["--prefetch", "1"])
            try relay.waitUntilHeld()
            relay.cut()
            // Under the name that the run asks for.
            let other = try LiveServer(model: Demo.base, arguments: ["--name", "teacher"])
            try relay.join(other.port)
            let result = try trainer.wait()
            #expect(result.status == 1 && result.errors.contains("409"), "\(result.errors)")
            #expect(result.errors.contains(try modelFingerprint(other)), "\(result.errors)")
            withExtendedLifetime((relay, other)) {}
            // Nothing of what was done is lost.
            let done = try Outcome.steps(in: run.directory.file("run")).count
            #expect(done >= 3 && done < Self.steps)
            let right = try LiveServer(model: Demo.teacher)
            let resumed = try run.anneal(
                "run", server: right.url, steps: Self.steps, ["--prefetch", "1", "--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(resumed.result.errors.contains("resuming after step \(done) of"), "\(resumed.result.errors)")
        }
    }

    /// By whatever name: a resumed run asks no other model for its first answer.
    @Test func aResumedRunIsHeldToItsTeacherFromTheFirstRequest() async throws {
        try await onThread {
            let run = try TrainerRun()
            let servers = [try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.base)]
            let flags = ["--save-every", "1", "--keep-checkpoints", "5"]
            let first = try run.anneal("run", server: servers[0].url, flags)
            #expect(first.result.status == 0, "\(first.result.errors)")
            try FileManager.default.removeItem(atPath: first.out + "/checkpoints/step-00000003.safetensors")
            for more in [[], ["--allow-mixed-scores"]] {
                let refused = try run.anneal("run", server: servers[1].url, flags + ["--resume"] + more)
                #expect(refused.result.status == 1 && refused.result.errors.contains(servers[1].url))
                #expect(refused.result.errors.contains("--allow-teacher-change"), "\(refused.result.errors)")
            }
            #expect(try servers[1].get("/metrics").body.contains(/remit_http_requests_total\{[^}]*logprobs/) == false)
        }
    }

    /// Weights against a frozen base are the trainer's own where the base is the student that the run starts from.
    @Test func anotherBaseIsRefused() async throws {
        try await onThread {
            let run = try TrainerRun()
            let flags = ["--weighting", "remit-static", "--weights-at", "server"]
            let right = try LiveServer(model: Demo.teacher, base: Demo.base)
            let here = try run.anneal("here", server: right.url, ["--weighting", "remit-static"])
            let there = try run.anneal("there", server: right.url, flags)
            #expect(there.result.status == 0, "\(there.result.errors)")
            #expect(try here.weightsFile() == there.weightsFile())
            let other = try LiveServer(model: Demo.teacher, base: Demo.teacher, arguments: ["--name", "tuned"])
            let without = try LiveServer(model: Demo.teacher)
            for (server, said) in [(other, "is not the student"), (without, "has no base")] {
                let result = try run.anneal("refused", server: server.url, flags).result
                #expect(result.status == 1 && result.errors.contains(said), "\(result.errors)")
                #expect(result.errors.contains(server.url) && result.errors.contains("--weights-at trainer"))
            }
        }
    }

    /// The teacher is the same: only the answers say that their students are not, and scores that may be mixed are those of one model.
    @Test(arguments: [[], ["--allow-mixed-scores"]])
    func aServerThatIsRestartedWithAnotherBaseEndsTheRun(_ more: [String]) async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let relay = try Relay(to: server.port, posts: 8)
            let trainer = try run.start(
                "run", servers: [relay.url], steps: Self.steps,
                ["--prefetch", "1", "--weighting", "remit-static", "--weights-at", "server"] + more)
            try relay.waitUntilHeld()
            relay.cut()
            let tuned = run.directory.file("tuned")
            try FileManager.default.copyItem(atPath: Demo.teacher, toPath: tuned)
            let other = try LiveServer(model: Demo.teacher, base: tuned)
            try relay.join(other.port)
            let result = try trainer.wait()
            #expect(
                result.status == 1 && result.errors.contains("the base that the weights are made against"),
                "\(result.errors)")
            withExtendedLifetime((relay, server, other)) {}
        }
    }
}
