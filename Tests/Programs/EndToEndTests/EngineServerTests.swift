import Foundation
import System
import TestSupport
import Testing

/// remit-server in front of engines: to its clients it is what it always was.
@Suite(.serialized) struct EngineServerTests {
    private static func arguments(_ kind: FakeEngineServer.Kind, _ fakes: [RunningFakeEngine]) -> [String] {
        fakes.flatMap { ["--engine", "\(kind.rawValue)=\($0.url)"] }
    }

    private static func ids(_ count: Int, seed: Int) -> [Int32] {
        (0..<count).map { Int32(($0 &* 131 &+ seed &* 37) % 500) }
    }

    private static func body(_ segments: [[Int32]]) -> String {
        "{\"inputs\":[\(segments.map { "{\"token_ids\":\($0)}" }.joined(separator: ","))]}"
    }

    private static func logProbs(_ body: String) throws -> [[Float]] {
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        let results = try #require(object?["results"] as? [[String: Any]])
        return results.map { result in
            (result["teacher_logprobs"] as? [Any] ?? []).map { ($0 as? NSNumber)?.floatValue ?? .nan }
        }
    }

    private static func isRight(_ body: String, _ segments: [[Int32]]) throws -> Bool {
        let (got, expected) = (try logProbs(body).flatMap(\.self), segments.flatMap { FakeEngineServer.expected($0) })
        return got.count == expected.count
            && zip(got, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }

    @Test(arguments: [FakeEngineServer.Kind.vllm, .sglang]) func clientsSeeNoDifference(_ kind: FakeEngineServer.Kind)
        async throws
    {
        try await onThread {
            let fake = try RunningFakeEngine(kind)
            let server = try LiveServer(
                model: Demo.teacher, arguments: Self.arguments(kind, [fake]) + ["--engine-label", "fp32"])
            let segments = (0..<20).map { Self.ids(1 + 13 * $0, seed: $0) }
            let reply = try server.post("/v1/logprobs", Self.body(segments))
            #expect(try reply.status == 200 && Self.isRight(reply.body, segments))
            let info = try server.get("/info").body
            #expect(info.contains("\"kind\":\"\(kind.rawValue)\"") && info.contains("\"label\":\"fp32\""))
            #expect(info.contains("\"weights\":\"hashed\"") && info.contains("\"bit_reproducible\":true"))
            #expect(info.contains("\"max_sequence_tokens\":512"))
            let metrics = try server.get("/metrics").body
            #expect(metrics.contains("remit_engine_up{url=\"\(fake.url)\",engine=\"\(kind.rawValue)\"} 1"))
            // The same model in this process: the same model fingerprint, other scores.
            let local = try LiveServer(model: Demo.teacher)
            let fingerprint = /"model_fingerprint":"([0-9a-f]+)"/
            let scores = /"scores_fingerprint":"([0-9a-f]+)"/
            let localInfo = try local.get("/info").body
            #expect(info.firstMatch(of: fingerprint)?.output.1 == localInfo.firstMatch(of: fingerprint)?.output.1)
            #expect(info.firstMatch(of: scores)?.output.1 != localInfo.firstMatch(of: scores)?.output.1)
            #expect(try server.stop() == 0)
        }
    }

    @Test func wrongAnswersAre502AndAnEngineThatIsAwayIs503() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let server = try LiveServer(model: Demo.teacher, arguments: Self.arguments(.vllm, [fake]))
            let known = Self.ids(9, seed: 1)
            #expect(try server.post("/v1/logprobs", Self.body([known])).status == 200)
            fake.engine.change { $0.answer = { $0.count == 7 ? .aboveZero : .right } }
            let wrong = try server.post("/v1/logprobs", Self.body([Self.ids(7, seed: 1)]))
            #expect(wrong.status == 502 && wrong.body.contains("urn:remit:problem:engine-answer"))
            #expect(wrong.body.contains("log-prob 0.5 at position 6"))
            let top = try server.post(
                "/v1/logprobs", "{\"inputs\":[{\"token_ids\":[1,2,3]}],\"top_k\":64}")
            #expect(top.status == 422 && top.body.contains("engine-unable"))
            fake.stop()
            let away = try curl([
                server.url + "/v1/logprobs", "-i", "-H", "Content-Type: application/json", "--data-binary",
                Self.body([Self.ids(9, seed: 2)]),
            ])
            #expect(
                away.status == 503 && away.body.contains("engine-unreachable") && away.body.contains("Retry-After:"))
            #expect(try server.get("/ready").status == 503)
            // What is kept is answered all the same.
            #expect(try server.post("/v1/logprobs", Self.body([known])).status == 200)
            let back = try RunningFakeEngine(.vllm, port: fake.port)
            _ = try server.program.waitFor("readiness") { _ in
                (try? server.get("/ready"))?.status == 200 ? true : nil
            }
            #expect(try server.post("/v1/logprobs", Self.body([Self.ids(9, seed: 2)])).status == 200)
            withExtendedLifetime(back) {}
        }
    }

    /// Another checkpoint behind the same URL, with the same label and the store of the first: it is served nothing.
    @Test func aStoreIsNotSharedByTwoCheckpoints() async throws {
        try await onThread {
            let (store, known) = (try TemporaryDirectory(), Self.ids(30, seed: 1))
            let files = try TemporaryDirectory()
            for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
                try FileManager.default.copyItem(atPath: Demo.teacher + "/" + name, toPath: files.file(name))
            }
            func server(_ fake: RunningFakeEngine) throws -> Program {
                try Program(
                    start: "remit-server",
                    [
                        "--model", files.path, "--port", "0", "--port-file", store.file("port"), "--store",
                        store.file("s"),
                    ]
                        + ["--engine-weights", "policy"] + Self.arguments(.vllm, [fake]))
            }
            func url(_ program: Program) throws -> String {
                let port = try program.waitFor("the port file") { _ in
                    (try? String(contentsOfFile: store.file("port"), encoding: .utf8))?
                        .trimmingCharacters(in: .whitespacesAndNewlines)
                }
                return "http://127.0.0.1:\(port)"
            }
            let one = try RunningFakeEngine(.vllm)
            let first = try server(one)
            let base = try url(first)
            _ = try first.waitFor("readiness") { _ in (try? curl([base + "/ready"]))?.status == 200 ? true : nil }
            let reply = try curl([
                base + "/v1/logprobs", "-H", "Content-Type: application/json", "--data-binary", Self.body([known]),
            ])
            #expect(try reply.status == 200 && Self.isRight(reply.body, [known]))
            #expect(try curl([base + "/info"]).body.contains("\"declared_weights\":\"policy\""))
            first.signal(SIGTERM)
            #expect(try first.wait().status == 0)
            withExtendedLifetime(one) {}
            try FileManager.default.removeItem(atPath: store.file("port"))
            let other = try RunningFakeEngine(.vllm) { $0.shift = 0.001 }
            let second = try server(other)
            let later = try url(second)
            let refused = try second.waitFor("a refusal") { _ in
                (try? curl([later + "/ready"]))?.body.contains("engine-changed") == true ? true : nil
            }
            #expect(refused)
            let answer = try curl([
                later + "/v1/logprobs", "-H", "Content-Type: application/json", "--data-binary", Self.body([known]),
            ])
            #expect(answer.status == 503 && answer.body.contains("urn:remit:problem:engine-changed"))
            withExtendedLifetime((second, other)) {}
        }
    }

    /// An engine that takes four requests at a time, and many clients.
    @Test func manyClientsOfAFullEngineGetAnswersOrAreToldToWait() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm) {
                $0.limit = 4
                $0.delay = .milliseconds(1)
            }
            let server = try LiveServer(model: Demo.teacher, arguments: Self.arguments(.vllm, [fake]))
            let statuses = Locked<[Int]>([])
            let group = DispatchGroup()
            for client in 0..<32 {
                group.enter()
                Thread.detachNewThread {
                    let segments = (0..<8).map { Self.ids(5 + $0, seed: 100 * client + $0) }
                    let reply = (try? server.post("/v1/logprobs", Self.body(segments))) ?? (0, "")
                    let isRight = reply.0 != 200 || (try? Self.isRight(reply.1, segments)) == true
                    statuses.withLock { $0.append(isRight ? reply.0 : -1) }
                    group.leave()
                }
            }
            group.wait()
            let seen = Set(statuses.withLock { $0.map(\.self) })
            #expect(seen.contains(200) && seen.isSubset(of: [200, 429, 503]), "\(seen)")
            #expect(fake.engine.mostAtOnce <= 4)
        }
    }

    /// A teacher that an admin adds while the server runs, computed elsewhere; and a base of another engine, without which no weights can
    /// be given.
    @Test func aTeacherIsAddedAndABaseMissed() async throws {
        try await onThread {
            let (teacher, base) = (try RunningFakeEngine(.vllm), try RunningFakeEngine(.vllm) { $0.shift = 0.5 })
            let added = try RunningFakeEngine(.sglang) { $0.shift = 0.25 }
            let server = try LiveServer(
                model: Demo.teacher,
                arguments: Self.arguments(.vllm, [teacher])
                    + ["--base", Demo.base, "--base-engine", "vllm=\(base.url)", "--admin-without-key"]
                    + ["--models-dir", Demo.folder])
            let body =
                #"{"name":"new","path":"teacher","engine":{"urls":["sglang=\#(added.url)"],"weights":"other"}}"#
            let loaded = try server.post("/v1/teachers", body)
            #expect(loaded.status == 201 && loaded.body.contains("\"kind\":\"sglang\""), "\(loaded.body)")
            let ids = Self.ids(12, seed: 3)
            let reply = try server.post(
                "/v1/logprobs", "{\"model\":\"new\",\"inputs\":[{\"token_ids\":\(ids)}]}")
            let expected = FakeEngineServer.expected(ids, shift: 0.25).dropFirst()
            #expect(try reply.status == 200 && Self.logProbs(reply.body)[0].dropFirst().elementsEqual(expected))
            base.stop()
            _ = try server.program.waitFor("the base to be missed") { _ in
                (try? server.get("/ready"))?.status == 503 ? true : nil
            }
            withExtendedLifetime((teacher, added)) {}
        }
    }

    @Test func theDoctorSaysWhatComputesTheTeacher() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let server = try LiveServer(
                model: Demo.teacher, arguments: Self.arguments(.vllm, [fake]) + ["--engine-label", "fp8"])
            let result = try Program.run(
                "remit-trainer",
                [
                    "doctor", "--server", server.url, "--student", Demo.base, "--corpus", Demo.corpus,
                    "--sequence-length", "64", "--sample-tokens", "512", "--threads", "1", "--out",
                    NSTemporaryDirectory() + "remit-doctor-run",
                ])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let said = "computed by vllm 0.32.0 fp8; its weights are known by their bytes; its canaries had the same"
            #expect(result.output.contains(said), "\(result.output)")
            withExtendedLifetime((fake, server)) {}
        }
    }

    @Test func aTrainerAnnealsThroughAnEngineAndACorpusIsScoredByOne() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.sglang)
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher, arguments: Self.arguments(.sglang, [fake]))
            let outcome = try run.anneal("online", server: server.url)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            let scored = try Program.run(
                "remit-server",
                ["score", "--model", Demo.teacher, "--tokenizer", Demo.base, "--corpus", run.corpus]
                    + ["--sequence-length", "64", "--out", run.directory.file("scores")]
                    + Self.arguments(.sglang, [fake]))
            #expect(scored.status == 0, "\(scored.errors)")
            let offline = try run.anneal("offline", server: nil, ["--logprobs-from", run.directory.file("scores")])
            #expect(offline.result.status == 0, "\(offline.result.errors)")
            #expect(try Outcome.steps(in: run.directory.file("offline")).count == 3)
            withExtendedLifetime((fake, server)) {}
        }
    }
}
