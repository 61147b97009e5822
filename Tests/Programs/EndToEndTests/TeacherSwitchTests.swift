import Dispatch
import Foundation
import Synchronization
import System
import TestSupport
import Testing

/// A live server takes a second teacher, makes it the default and drops the first, while clients go on asking.
@Suite(.serialized) struct TeacherSwitchTests {
    private struct Answer: Sendable {
        let question: Int
        let isPinned: Bool
        let status: Int
        let model: String
        let scores: String
    }

    private static let questions = 6

    private static func question(_ number: Int, pins: String = "") -> String {
        let ids = (0..<40).map { String(($0 * 37 + number * 11) % 200) }
        return #"{"inputs":[{"token_ids":[\#(ids.joined(separator: ","))]}]\#(pins)}"#
    }

    private static func ask(_ server: LiveServer, _ number: Int, pins: String = "") throws -> Answer {
        let answer = try server.post("/v1/logprobs", question(number, pins: pins))
        let model = answer.body.firstMatch(of: /"model":"([^"]*)"/)?.output.1 ?? ""
        let scores = answer.body.firstMatch(of: /"teacher_logprobs":\[[^\]]*\]/)?.output ?? ""
        return Answer(
            question: number, isPinned: !pins.isEmpty, status: answer.status, model: String(model),
            scores: String(scores))
    }

    @Test func clientsGoOnUnharmed() async throws {
        try await onThread {
            let server = try LiveServer(
                model: Demo.teacher,
                arguments: ["--models-dir", Demo.folder, "--admin-without-key", "--cache-tokens", "0", "--name", "old"])
            let info = try server.get("/info").body
            let fingerprint = try #require(info.firstMatch(of: /"scores_fingerprint":"([0-9a-f]+)"/)).output.1
            let pins = #","scores_fingerprint":"\#(fingerprint)""#

            let clients = Clients(count: 4) { turn in
                try Self.ask(server, turn % Self.questions, pins: turn.isMultiple(of: 2) ? pins : "")
            }
            let outside = try server.post("/v1/teachers", #"{"name":"x","path":"../../Sources"}"#)
            #expect(outside.status == 403, "\(outside.body)")
            let broken = try server.post("/v1/teachers", #"{"name":"x","path":"tokenizer"}"#)
            #expect(broken.status == 422, "\(broken.body)")
            let loaded = try server.post("/v1/teachers", #"{"name":"new","path":"base"}"#)
            #expect(loaded.status == 201, "\(loaded.body)")
            clients.waitForMore(8)
            let switched = try curl([server.url + "/v1/default-teacher", "-X", "PUT", "-d", #"{"name":"new"}"#])
            #expect(switched.status == 200, "\(switched.body)")
            clients.waitForMore(8)
            let answers = try clients.stop()

            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(answers.allSatisfy { !$0.isPinned || $0.model == "old" })
            #expect(Set(answers.map(\.model)) == ["old", "new"])
            for question in 0..<Self.questions {
                let alone = try ["old", "new"].map { try Self.ask(server, question, pins: #","model":"\#($0)""#) }
                #expect(alone[0].scores != alone[1].scores)
                let same = answers.filter { $0.question == question }.allSatisfy { answer in
                    answer.scores == alone[answer.model == "old" ? 0 : 1].scores
                }
                #expect(same)
            }

            let dropped = try curl([server.url + "/v1/teachers/old", "-X", "DELETE"])
            #expect(dropped.status == 200, "\(dropped.body)")
            #expect(try Self.ask(server, 0, pins: pins).status == 409)
            #expect(try Self.ask(server, 0).model == "new")
            #expect(try curl([server.url + "/v1/teachers/new", "-X", "DELETE"]).status == 409)
            #expect(try server.stop() == 0)
        }
    }

    @Test func whatDoesNotFitIsNotLoaded() async throws {
        try await onThread {
            let first = try LiveServer(model: Demo.teacher)
            let inUse = try #require(first.program.errors.firstMatch(of: /memory_bytes=(\d+)/)).output.1
            #expect(try first.stop() == 0)
            // Room for what is needed at the start and the largest tensor on its way, not for another model.
            let limit = String((Int(inUse) ?? 0) + 2 << 20)
            let server = try LiveServer(
                model: Demo.teacher,
                arguments: ["--models-dir", Demo.folder, "--admin-without-key", "--max-memory", limit])
            let refused = try server.post("/v1/teachers", #"{"name":"new","path":"base"}"#)
            #expect(refused.status == 422, "\(refused.body)")
            #expect(
                refused.body.contains("urn:remit:problem:memory-exceeded")
                    && refused.body.contains(#""limit":\#(limit)"#))
            let states = try server.get("/v1/models").body
            #expect(states.contains(#""name":"new","state":"failed""#), "\(states)")
            #expect(try Self.ask(server, 0).status == 200)
        }
    }

    /// Threads that ask one question after another until they are stopped.
    private final class Clients: Sendable {
        private let answers = Locked<[Answer]>([])
        private let failures = Locked<[any Error]>([])
        private let isStopping = Atomic<Bool>(false)
        private let ended = DispatchGroup()

        init(count: Int, ask: @escaping @Sendable (_ turn: Int) throws -> Answer) {
            for client in 0..<count {
                ended.enter()
                Thread { [self] in
                    var turn = client
                    while !isStopping.load(ordering: .relaxed) {
                        do {
                            let answer = try ask(turn)
                            answers.withLock { $0.append(answer) }
                        } catch {
                            failures.withLock { $0.append(error) }
                            break
                        }
                        turn += 1
                    }
                    ended.leave()
                }.start()
            }
        }

        func waitForMore(_ count: Int) {
            let goal = answers.withLock { $0.count } + count
            while answers.withLock({ $0.count }) < goal, failures.withLock(\.isEmpty) { usleep(5_000) }
        }

        func stop() throws -> [Answer] {
            isStopping.store(true, ordering: .relaxed)
            ended.wait()
            if let failure = failures.withLock(\.first) { throw failure }
            return answers.withLock { $0 }
        }
    }
}
