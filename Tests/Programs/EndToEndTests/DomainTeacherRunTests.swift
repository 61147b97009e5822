import Foundation
import TestSupport
import Testing

/// Runs with a teacher by domain. The demo corpus has two domains, filler and reasoning.
@Suite(.serialized) struct DomainTeacherRunTests {
    /// Teachers `teacher` (the default) and `other`, the student itself.
    private func server(_ arguments: [String] = []) throws -> LiveServer {
        let server = try LiveServer(
            model: Demo.teacher, arguments: ["--models-dir", Demo.folder, "--admin-without-key"] + arguments)
        let loaded = try server.post("/v1/teachers", #"{"name":"other","path":"base"}"#)
        #expect(loaded.status == 201, "\(loaded.body)")
        return server
    }

    private func lineage(_ outcome: Outcome) throws -> [String: Any] {
        let contents = try Data(contentsOf: URL(fileURLWithPath: outcome.out + "/remit.json"))
        return try #require(try JSONSerialization.jsonObject(with: contents) as? [String: Any])
    }

    @Test func oneModelInTwoRolesTeachesAsOne() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try server()
            let alone = try run.anneal("alone", server: server.url)
            let divided = try run.anneal("divided", server: server.url, ["--teacher", "reasoning=teacher"])
            #expect(divided.result.status == 0, "\(divided.result.errors)")
            #expect(try divided.weightsFile() == alone.weightsFile())
            #expect(divided.result.errors.contains("teacher of reasoning: teacher at \(server.url)"))
            let other = try run.anneal("other", server: server.url, ["--teacher", "reasoning=other"])
            #expect(try other.weightsFile() != alone.weightsFile())
        }
    }

    /// The student's divergence from itself is none: with it as the teacher of one domain, what is left at the first step is that of the
    /// other. Both together are that of the whole.
    @Test func eachDomainIsTaughtByItsOwn() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try server()
            func divergence(_ name: String, _ arguments: [String]) throws -> Double {
                let outcome = try run.anneal(
                    name, server: server.url, steps: 1, ["--objective", "kd"] + arguments)
                #expect(outcome.result.status == 0, "\(outcome.result.errors)")
                return try #require(try outcome.values("kd_loss").first)
            }
            let whole = try divergence("whole", [])
            let reasoning = try divergence("reasoning", ["--teacher", "teacher", "--teacher", "filler=other"])
            let filler = try divergence("filler", ["--teacher", "reasoning=other"])
            let none = try divergence("none", ["--teacher", "other", "--teacher", "reasoning=other"])
            #expect(whole > 0.01 && reasoning > 0.001 && filler > 0.001 && abs(none) < 1e-5)
            #expect(abs(reasoning + filler - whole) < 1e-5 * (1 + whole), "\(reasoning) + \(filler), \(whole)")
        }
    }

    @Test func eachServerIsAskedForTheTeacherThatItHas() async throws {
        try await onThread {
            let run = try TrainerRun()
            let both = try server()
            let servers = [try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.base)]
            let expected = try run.anneal("one", server: both.url, ["--teacher", "reasoning=other"])
            // Names of the models' directories.
            let names = ["--teacher", "teacher", "--teacher", "reasoning=base"]
            let result = try Program.run("remit-trainer", run.arguments("two", servers: servers.map(\.url)) + names)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("teacher: teacher at \(servers[0].url),"), "\(result.errors)")
            #expect(result.errors.contains("teacher of reasoning: base at \(servers[1].url),"), "\(result.errors)")
            let outcome = Outcome(result: result, out: run.directory.file("two"))
            #expect(try outcome.weightsFile() == expected.weightsFile())

            let lineage = try lineage(outcome)
            let fingerprints = try #require(lineage["fingerprints"] as? [String: Any])
            func fingerprint(_ field: String, _ server: LiveServer) throws -> String {
                let pattern = try Regex(#""\#(field)":"([0-9a-f]+)""#)
                return String(try #require(try server.get("/info").body.firstMatch(of: pattern)).output[1].substring!)
            }
            #expect(lineage["domain_teachers"] as? [String: String] == ["reasoning": "base"])
            #expect(fingerprints["teacher"] as? String == (try fingerprint("model_fingerprint", servers[0])))
            #expect(
                fingerprints["domain_teachers"] as? [String: String]
                    == ["reasoning": try fingerprint("model_fingerprint", servers[1])])
            #expect(
                lineage["domain_scores_fingerprints"] as? [String: String]
                    == ["reasoning": try fingerprint("scores_fingerprint", servers[1])])

            let absent = try Program.run(
                "remit-trainer",
                run.arguments("absent", servers: servers.map(\.url)) + [
                    "--teacher", "teacher", "--teacher", "filler=no",
                ])
            #expect(
                absent.status == 1 && absent.errors.contains("the server has no teacher 'no'"), "\(absent.errors)")
            withExtendedLifetime(servers) {}
        }
    }

    @Test func aRunThatIsKilledGoesOnWithItsTeachersAndNoOthers() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 200)
            let server = try server()
            let teachers = ["--teacher", "reasoning=other"]
            let more = ["--prefetch", "1", "--save-every", "2"]
            let expected = try run.anneal("undisturbed", server: server.url, steps: 12, teachers + more)
            // Two teachers are asked at each step.
            let relay = try Relay(to: server.port, posts: 14)
            let killed = try run.start("killed", servers: [relay.url], steps: 12, teachers + more)
            try relay.waitUntilHeld()
            killed.signal(SIGKILL)
            relay.cut()
            _ = try killed.wait()
            let done = try Outcome.steps(in: run.directory.file("killed")).count
            #expect((2..<12).contains(done))

            let resume = ["--resume"] + more
            func resumed(_ teachers: [String]) throws -> Outcome {
                try run.anneal("killed", server: server.url, steps: 12, resume + teachers)
            }
            for (wrong, message) in [
                (["--teacher", "reasoning=teacher"], "the teacher"), ([], "the teacher of reasoning (by fingerprint)"),
                (["--teacher", "filler=other"], "the teacher of filler (by fingerprint)"),
            ] {
                let refused = try resumed(wrong)
                #expect(refused.result.status == 1, "\(wrong)")
                #expect(refused.result.errors.contains("cannot resume"), "\(refused.result.errors)")
                #expect(refused.result.errors.contains(message), "\(refused.result.errors)")
                #expect(refused.result.errors.contains("--allow-teacher-change"), "\(refused.result.errors)")
            }
            let outcome = try resumed(teachers)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(try outcome.weightsFile() == expected.weightsFile())
            withExtendedLifetime(relay) {}
        }
    }

    @Test func whatCannotBeDividedIsRefusedAtOnce() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try server()
            let teachers = ["--teacher", "reasoning=other"]
            for (arguments, status, message) in [
                (teachers + ["--attention", "window"], 64, "needs --attention document"),
                (teachers + ["--weights-at", "server"], 64, "needs --weights-at trainer"),
                (teachers + teachers, 64, "is given twice"),
                (["--teacher", "a", "--teacher", "b"], 64, "give one --teacher NAME"),
                (["--teacher", "=a"], 64, "--teacher"),
                (["--teacher", "poetry=other"], 1, "no document of the corpus has the domain poetry"),
            ] as [([String], Int32, String)] {
                for command in [[], ["doctor"]] {
                    let result = try Program.run(
                        "remit-trainer",
                        command + run.arguments("x", servers: [server.url]).dropFirst(command.count) + arguments)
                    #expect(result.status != 0, "\(command) \(arguments)")
                    #expect(
                        (result.output + result.errors).contains(message),
                        "\(arguments) \(result.output)\(result.errors)")
                    if command.isEmpty { #expect(result.status == status, "\(arguments) \(result.errors)") }
                }
            }
            let doctor = try Program.run(
                "remit-trainer", ["doctor"] + run.arguments("y", servers: [server.url]).dropFirst() + teachers)
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
            #expect(doctor.output.contains("teacher at \(server.url)"), "\(doctor.output)")
            #expect(doctor.output.contains("other at \(server.url)"), "\(doctor.output)")
        }
    }
}
