import Digests
import Foundation
import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import TestSupport
import Testing

/// Teachers that come and go while the service runs.
@Suite struct TeacherTests {
    private static let ids: [Int32] = [3, 1, 4, 1, 5, 9, 2, 6]

    private static func request(_ pins: String = "") -> String {
        #"{"inputs":[{"token_ids":[3,1,4,1,5,9,2,6]}]\#(pins)}"#
    }

    /// Which engine's log-probs an answer has.
    private static func engine(_ reply: Reply) throws -> String? {
        let result = try #require(try reply.json()[key: "results"]).first
        guard case .array(let values)? = result[key: "teacher_logprobs"] else { return nil }
        let got = values.dropFirst().map { Float($0.double ?? .nan) }
        return ["teacher", "second", "slow", "held"].first {
            FakeEngine($0).logProbs(of: ids).dropFirst().elementsEqual(got)
        }
    }

    @Test(arguments: Transport.allCases)
    func aTeacherIsLoadedSwitchedToAndDropped(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let loaded = try test.caller.post("/v1/teachers", #"{"name":"b","path":"second"}"#)
            #expect(loaded.status == 201)
            let fingerprint = try #require(try loaded.json()[key: "model_fingerprint"]?.string)
            #expect(try loaded.json()[key: "is_default"] == .bool(false))
            let asked = { (pins: String) in try test.caller.post("/v1/logprobs", Self.request(pins)) }
            #expect(try Self.engine(asked("")) == "teacher")
            for pins in [
                #","model":"b""#, #","model":"\#(fingerprint)""#, #","model_fingerprint":"\#(fingerprint)""#,
                #","scores_fingerprint":"\#(FakeEngine("second").scoresFingerprint.hex)""#,
            ] {
                #expect(try Self.engine(asked(pins)) == "second", "\(pins)")
            }

            let switched = try test.caller.put("/v1/default-teacher", #"{"name":"b"}"#)
            #expect(switched.status == 200)
            #expect(
                try TeachersResponse(json: switched.body).teachers == [
                    TeacherStatus(name: "demo-teacher", state: .ready),
                    TeacherStatus(name: "b", state: .ready, isDefault: true),
                ])
            #expect(try Self.engine(asked("")) == "second")
            let old = test.models.teacher.modelFingerprint.hex
            #expect(try Self.engine(asked(#","model_fingerprint":"\#(old)""#)) == "teacher")
            #expect(try test.caller.get("/info").json()[key: "model"]?.string == "b")
            let models = try ModelsResponse(json: test.caller.get("/v1/models").body).models
            #expect(models.map(\.identity.model) == ["b", "demo-teacher", "demo-base"])
            #expect(models.map(\.isDefault) == [true, false, false])

            let dropped = try test.caller.send("DELETE", "/v1/teachers/demo-teacher")
            #expect(dropped.status == 200)
            #expect(try TeachersResponse(json: dropped.body).teachers.map(\.name) == ["b"])
            let gone = try asked(#","model_fingerprint":"\#(old)""#)
            #expect(gone.status == 409)
            #expect(try Problem(json: gone.body).kind == .fingerprintMismatch)
            #expect(try asked(#","model":"demo-teacher""#).status == 404)
            #expect(try test.caller.send("DELETE", "/v1/teachers/demo-teacher").status == 404)
            #expect(
                test.log.lines.contains { $0.message == "teacher dropped" && $0.metadata["name"] == "demo-teacher" })
        }
    }

    @Test func twoFingerprintsThatDoNotGoTogetherAreRefused() async throws {
        try await withService(.inProcess) { test in
            _ = try test.caller.post("/v1/teachers", #"{"name":"b","path":"second"}"#)
            let other = FakeEngine("second").scoresFingerprint.hex
            let own = test.models.teacher.modelFingerprint.hex
            for pins in [
                #","model_fingerprint":"\#(own)","scores_fingerprint":"\#(other)""#,
                #","model":"demo-teacher","scores_fingerprint":"\#(other)""#,
            ] {
                #expect(try test.caller.post("/v1/logprobs", Self.request(pins)).status == 409, "\(pins)")
            }
        }
    }

    @Test func whatCannotBeLoadedIsSaid() async throws {
        try await withService(.inProcess) { test in
            for (path, status, kind) in [
                ("broken", 422, ProblemKind.teacherUnusable), ("huge", 422, .memoryExceeded),
                ("../elsewhere", 403, .forbidden),
            ] {
                let reply = try test.caller.post("/v1/teachers", #"{"name":"b","path":"\#(path)"}"#)
                #expect(reply.status == status)
                let problem = try Problem(json: reply.body)
                #expect(problem.kind == kind)
                if kind == .memoryExceeded {
                    #expect(problem.extensions[key: "limit"] == .integer(6000))
                    #expect(problem.extensions[key: "actual"] == .integer(7500))
                }
                let status = try TeachersResponse(json: test.caller.get("/v1/models").body).teachers.last
                #expect(status?.state == .failed && status?.error?.isEmpty == false)
                #expect(try test.caller.post("/v1/logprobs", Self.request(#","model":"b""#)).status == 404)
                #expect(try test.caller.put("/v1/default-teacher", #"{"name":"b"}"#).status == 409)
            }
            #expect(try test.caller.get("/metrics").text.contains("remit_teachers{state=\"failed\"} 1\n"))
            // The name of one that failed is free.
            #expect(try test.caller.post("/v1/teachers", #"{"name":"b","path":"second"}"#).status == 201)
            #expect(try test.caller.get("/metrics").text.contains("remit_teachers{state=\"ready\"} 2\n"))
        }
    }

    @Test(arguments: [
        ("POST", "/v1/teachers", #"{"name":"demo-teacher","path":"x"}"#, 409),
        ("POST", "/v1/teachers", #"{"name":"demo-base","path":"x"}"#, 409),
        ("POST", "/v1/teachers", #"{"name":"a/b","path":"x"}"#, 400),
        ("POST", "/v1/teachers", #"{"name":"","path":"x"}"#, 400),
        ("POST", "/v1/teachers", #"{"name":"b"}"#, 400),
        ("POST", "/v1/teachers", #"{"name":"b","path":"x","precision":"bf16"}"#, 400),
        ("PUT", "/v1/default-teacher", #"{"name":"b"}"#, 404),
        ("PUT", "/v1/default-teacher", #"{"name":7}"#, 400),
        ("PUT", "/v1/default-teacher", #"{"name":"demo-base"}"#, 404),
        ("DELETE", "/v1/teachers/demo-teacher", "", 409),
        ("DELETE", "/v1/teachers/demo-base", "", 404),
        ("DELETE", "/v1/teachers/a/b", "", 404),
        ("GET", "/v1/teachers/demo-teacher", "", 405),
        ("GET", "/v1/teachers", "", 405),
        ("POST", "/v1/default-teacher", "{}", 405),
    ])
    func isRefused(_ method: String, _ path: String, _ body: String, _ status: Int) async throws {
        try await withService(.inProcess) { test in
            let fields = body.isEmpty ? [:] : ["Content-Type": "application/json"]
            let reply = try test.caller.send(method, path, fields, Array(body.utf8))
            #expect(reply.status == status, "\(reply.text)")
            #expect(try TeachersResponse(json: test.caller.get("/v1/models").body).teachers.count == 1)
        }
    }

    @Test func onlyAnAdminMayChangeThem() async throws {
        let changes = [
            ("POST", "/v1/teachers", #"{"name":"b","path":"second"}"#),
            ("PUT", "/v1/default-teacher", #"{"name":"demo-teacher"}"#), ("DELETE", "/v1/teachers/b", ""),
        ]
        @Sendable func statuses(_ test: TestService, _ key: String?) throws -> [Int] {
            try changes.map { method, path, body in
                var fields = ["Content-Type": "application/json"]
                if let key { fields["Authorization"] = "Bearer \(key)" }
                return try test.caller.send(method, path, fields, Array(body.utf8)).status
            }
        }
        let keys = "trainer:trainers-key\noperator:operators-key admin\n"
        try await withService(.inProcess, .init(keys: keys)) { test in
            let anonymous = try statuses(test, nil)
            #expect(anonymous == [401, 401, 401])
            let trainer = try statuses(test, "trainers-key")
            #expect(trainer == [403, 403, 403])
            let admin = try statuses(test, "operators-key")
            #expect(admin == [201, 200, 200])
            #expect(test.log.lines.contains { $0.message == "teacher loaded" && $0.metadata["key"] == "operator" })
        }
        try await withService(.inProcess, .init(isAdminOpen: false)) { test in
            let closed = try statuses(test, nil)
            #expect(closed == [403, 403, 403])
        }
        try await withService(.inProcess, .init(hasLoader: false)) { test in
            let keeps = try statuses(test, nil)
            #expect(keeps == [403, 200, 404])
        }
    }

    @Test(arguments: Transport.allCases)
    func requestsGoOnWhileATeacherIsLoaded(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let done = DispatchSemaphore(value: 0)
            Thread {
                _ = try? test.caller.post("/v1/teachers", #"{"name":"b","path":"slow"}"#)
                done.signal()
            }.start()
            test.loader.waitUntilEntered()
            let status = try TeachersResponse(json: test.caller.get("/info").body).teachers.last
            #expect(status == TeacherStatus(name: "b", state: .loading))
            #expect(try Self.engine(test.caller.post("/v1/logprobs", Self.request())) == "teacher")
            let early = try test.caller.post("/v1/logprobs", Self.request(#","model":"b""#))
            #expect(early.status == 503 && early.fields["Retry-After"] != nil)
            #expect(try test.caller.post("/v1/teachers", #"{"name":"c","path":"second"}"#).status == 409)
            #expect(try test.caller.send("DELETE", "/v1/teachers/b").status == 409)
            #expect(try test.caller.put("/v1/default-teacher", #"{"name":"b"}"#).status == 409)
            test.loader.letThrough()
            done.wait()
            #expect(try Self.engine(test.caller.post("/v1/logprobs", Self.request(#","model":"b""#))) == "slow")
        }
    }

    @Test func aDroppedTeacherFinishesWhatItHas() async throws {
        try await withService(.inProcess) { test in
            _ = try test.caller.post("/v1/teachers", #"{"name":"b","path":"held"}"#)
            let engine = try #require(test.loader.engine("held"))
            let reply = AsyncReply { try test.caller.post("/v1/logprobs", Self.request(#","model":"b""#)) }
            engine.waitUntilEntered()
            #expect(try test.caller.send("DELETE", "/v1/teachers/b").status == 200)
            #expect(try test.caller.post("/v1/logprobs", Self.request(#","model":"b""#)).status == 404)
            engine.open()
            #expect(try Self.engine(reply.wait()) == "held")
        }
    }
}

/// A request on a thread of its own.
private final class AsyncReply: @unchecked Sendable {
    // `result` is written before `done` is signalled and read after it was waited for.
    private var result: Result<Reply, any Error>?
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Reply) {
        Thread { [self] in
            result = Result(catching: body)
            done.signal()
        }.start()
    }

    func wait() throws -> Reply {
        done.wait()
        return try #require(result).get()
    }
}
