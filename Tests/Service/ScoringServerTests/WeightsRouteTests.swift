import Foundation
import Digests
import HTTPSockets
import JSONValues
import ScoringAPI
import ScoringServer
import Sequences
import Testing
import TokenWeights

@Suite struct WeightsRouteTests {
    /// Section 1 of the method, written down naively.
    private static func naive(
        teacher: [Float], student: [Float], scored: [Int], epsilon: Double = 0.2
    ) -> [Float] {
        let delta = scored.map { Double(teacher[$0]) - Double(student[$0]) }
        let mean = delta.reduce(0, +) / Double(delta.count)
        var weights = [Float](repeating: 0, count: teacher.count)
        for (position, delta) in zip(scored, delta) {
            weights[position] = Float(min(max(2 / (1 + exp(-(delta - mean))), 1 - epsilon), 1 + epsilon))
        }
        return weights
    }

    private static func close(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 }
    }

    @Test(arguments: Transport.allCases)
    func aTextAgainstTheBase(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post("/v1/weights", #"{"inputs":[{"id":"a","text":"17 + 25 = 42"}]}"#)
            #expect(reply.status == 200)
            #expect(reply.fields["Content-Type"] == "application/json")
            let response = try ScoreResponse(json: reply.body)
            let result = try #require(response.results.first)
            #expect(response.identity.model == "demo-teacher")
            #expect(response.choice == Weighting())
            #expect(result.id == "a")
            #expect(result.tokens?.joined() == "17 + 25 = 42")
            #expect(result.offsets == (0..<12).map { $0..<$0 + 1 })
            #expect(result.student == .base)
            let (teacher, base) = (test.teacher.logProbs(of: result.tokenIDs), test.base.logProbs(of: result.tokenIDs))
            #expect(result.teacherLogProbs.map(\.bitPattern) == teacher.map(\.bitPattern))
            #expect(result.studentLogProbs?.map(\.bitPattern) == base.map(\.bitPattern))
            let weights = try #require(result.weights)
            #expect(Self.close(weights, Self.naive(teacher: teacher, student: base, scored: Array(1..<12))))
            #expect(weights[0] == 0)
            #expect(weights.dropFirst().allSatisfy { (0.8...1.2).contains($0) })
            #expect(result.statistics?.scoredTokens == 11)
        }
    }

    @Test(arguments: Transport.allCases)
    func postedIDsWithDocumentsMaskAndStudent(_ transport: Transport) async throws {
        try await withService(transport, .init(hasBase: false)) { test in
            let body = """
                {"inputs":[{"id":"b","token_ids":[5,9,2,7,8],"document_starts":[0,2],"loss_mask":[1,1,1,0,1],
                "student_logprobs":[null,-1.5,null,null,-0.2]}],"weighting":"remit","epsilon":1}
                """
            let response = try ScoreResponse(json: test.caller.post("/v1/weights", body).body)
            let result = try #require(response.results.first)
            let teacher = test.teacher.logProbs(of: [5, 9]) + test.teacher.logProbs(of: [2, 7, 8])
            #expect(result.teacherLogProbs.map(\.bitPattern) == teacher.map(\.bitPattern))
            #expect(result.student == .request)
            #expect(result.studentLogProbs == nil)
            #expect(result.tokens == nil)
            #expect(response.choice?.epsilon == 1)
            let expected = Self.naive(teacher: teacher, student: [0, -1.5, 0, 0, -0.2], scored: [1, 4], epsilon: 1)
            #expect(Self.close(try #require(result.weights), expected))
            #expect(result.statistics?.scoredTokens == 2)
        }
    }

    /// A client that posts losses would get every weight turned around.
    @Test(
        arguments: [1.5, 1e-7] as [Float], ["application/json", "application/vnd.safetensors", "application/x-ndjson"])
    func studentLogProbsAboveZeroAreRefused(_ bad: Float, _ answerType: String) async throws {
        try await withService(.inProcess) { test in
            func reply(_ student: [Float]) throws -> [Reply] {
                let request = BinaryScoreRequest(
                    tokenIDs: [5, 9, 2, 7, 8, 1], sequenceStarts: [0, 2, 6], documentStarts: [0, 2, 4],
                    lossMask: [true, true, true, true, true, true], studentLogProbs: student, choice: Weighting())
                let json = try test.caller.post(
                    "/v1/weights", String(decoding: request.request().json(), as: UTF8.self), ["Accept": answerType])
                let binary = try test.caller.send(
                    "POST", "/v1/weights", ["Content-Type": MediaType.safetensors.rawValue, "Accept": answerType],
                    request.safetensors())
                return [json, binary]
            }
            for refused in try reply([.nan, -1, .nan, -1, .nan, bad]) {
                let problem = try Problem(json: refused.body)
                #expect(refused.status == 422 && problem.kind == .invalidInput, "\(problem)")
                #expect(
                    problem.extensions[key: "item"] == .integer(1) && problem.extensions[key: "position"] == .integer(3)
                )
                #expect(problem.detail.contains("\(bad)") && problem.detail.contains("not losses"), "\(problem)")
            }
            // A certainty is 0; what stands where nothing is scored is nobody's.
            for taken in try reply([bad, 0, bad, -0.0, bad, -1]) { #expect(taken.status == 200, "\(taken.text)") }
        }
    }

    @Test(arguments: Transport.allCases)
    func bothFormsCarryTheSameBits(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let binary = BinaryScoreRequest(
                tokenIDs: [5, 9, 2, 7, 8, 1, 3, 3], sequenceStarts: [0, 5, 8], documentStarts: [0, 2, 5],
                choice: Weighting(epsilon: 0.3))
            let type = MediaType.safetensors.rawValue
            let fields = ["Content-Type": type]
            let asBinary = try test.caller.send("POST", "/v1/weights", fields, binary.safetensors())
            #expect(asBinary.status == 200)
            #expect(asBinary.fields["Content-Type"] == type)
            let asJSON = try test.caller.post("/v1/weights", String(decoding: binary.request().json(), as: UTF8.self))
            // And the two mixed: JSON in, safetensors out.
            let mixed = try test.caller.post(
                "/v1/weights", String(decoding: binary.request().json(), as: UTF8.self), ["Accept": type])
            #expect(mixed.body == asBinary.body)
            let fromBinary = try BinaryScoreResponse(safetensors: asBinary.body)
            let fromJSON = BinaryScoreResponse(try ScoreResponse(json: asJSON.body), includesTokenIDs: false)
            #expect(fromBinary.teacherLogProbs.map(\.bitPattern) == fromJSON.teacherLogProbs.map(\.bitPattern))
            #expect(fromBinary.weights?.map(\.bitPattern) == fromJSON.weights?.map(\.bitPattern))
            #expect(fromBinary.studentLogProbs?.map(\.bitPattern) == fromJSON.studentLogProbs?.map(\.bitPattern))
            #expect(fromBinary.statistics == fromJSON.statistics)
            #expect(fromBinary.identity == fromJSON.identity)
            #expect(fromBinary.choice == fromJSON.choice)
            // Whose numbers they are.
            #expect(fromBinary.tokenDigest == Segment.digest(of: binary.tokenIDs).hex)
            #expect(fromBinary.baseScoresFingerprint == test.base.scoresFingerprint.hex)
            var posted = binary
            posted.studentLogProbs = [Float](repeating: -1, count: 8)
            let own = try test.caller.send("POST", "/v1/weights", fields, posted.safetensors())
            #expect(try BinaryScoreResponse(safetensors: own.body).baseScoresFingerprint == nil)
        }
    }

    @Test(arguments: Transport.allCases)
    func aloneEqualsWithinABatch(_ transport: Transport) async throws {
        try await withService(transport, .init(limits: ServiceLimits(cacheTokens: 0))) { test in
            let input = #"{"text":"17 + 25 = 42"}"#
            let others = (0..<32).map { #"{"text":"another text, number \#($0)"}"# }.joined(separator: ",")
            let alone = try ScoreResponse(json: test.caller.post("/v1/weights", #"{"inputs":[\#(input)]}"#).body)
            let batch = try ScoreResponse(
                json: test.caller.post("/v1/weights", #"{"inputs":[\#(others),\#(input)]}"#).body)
            #expect(batch.results.count == 33)
            let weights = [alone, batch].map { $0.results.last?.weights?.map(\.bitPattern) }
            #expect(weights[0] == weights[1])
        }
    }

    @Test func variants() async throws {
        try await withService(.inProcess) { test in
            func weights(_ options: String) throws -> [Float] {
                let reply = try test.caller.post(
                    "/v1/weights", #"{"inputs":[{"text":"some words of text"}]\#(options)}"#)
                return try ScoreResponse(json: reply.body).results[0].weights ?? []
            }
            let remit = try weights("")
            #expect(try weights(#","weighting":"remit-static""#) == remit)
            let plain = try weights(#","weighting":"ntp""#)
            #expect(plain == [0] + [Float](repeating: 1, count: 17))
            #expect(try weights(#","epsilon":0"#) == plain)
            let kept = try weights(#","weighting":"rho1","keep_fraction":0.5"#)
            #expect(kept.reduce(0, +) == 9)
            #expect(Set(kept) == [0, 1])
        }
        // Teacher and base of one fingerprint: every weight is 1, bit for bit.
        try await withService(.inProcess, .init(baseEqualsTeacher: true)) { test in
            let reply = try test.caller.post("/v1/weights", #"{"inputs":[{"text":"some words of text"}]}"#)
            let result = try ScoreResponse(json: reply.body).results[0]
            #expect(result.weights == [0] + [Float](repeating: 1, count: 17))
        }
    }

    @Test func ntpNeedsNoStudent() async throws {
        try await withService(.inProcess, .init(hasBase: false)) { test in
            let reply = try test.caller.post("/v1/weights", #"{"inputs":[{"text":"abc"}],"weighting":"ntp"}"#)
            #expect(reply.status == 200)
            let result = try ScoreResponse(json: reply.body).results[0]
            #expect(result.student == nil)
            #expect(result.weights == [0, 1, 1])
        }
    }

    @Test func oneTokenHasNoScoredPosition() async throws {
        try await withService(.inProcess) { test in
            let reply = try test.caller.post("/v1/weights", #"{"inputs":[{"token_ids":[7]}]}"#)
            #expect(reply.status == 200)
            let result = try #require(try reply.json()[key: "results"]).first
            #expect(result[key: "weights"] == .array([.integer(0)]) || result[key: "weights"] == .array([.number(0)]))
            #expect(result[key: "teacher_logprobs"] == .array([.null]))
        }
    }

    @Test func aSpecialTokenInFrontIsPositionOne() async throws {
        try await withService(.inProcess, .init(addsSpecial: true)) { test in
            let with = try ScoreResponse(json: test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"ab"}]}"#).body)
            #expect(with.results[0].tokenIDs.first == 256)
            #expect(with.results[0].tokenIDs.count == 3)
            #expect(with.results[0].offsets == [0..<0, 0..<1, 1..<2])
            let without = try ScoreResponse(
                json: test.caller.post("/v1/logprobs", #"{"inputs":[{"text":"ab"}],"add_special_tokens":false}"#).body)
            #expect(without.results[0].tokenIDs.count == 2)
        }
    }

    @Test func aTokenThatTeacherAndBaseDoNotShareIsRefusedOnlyForTheBase() async throws {
        try await withService(.inProcess, .init(baseSpecial: "<|other|>")) { test in
            let forBase = try test.caller.post("/v1/weights", #"{"inputs":[{"token_ids":[1,256]}]}"#)
            #expect(forBase.status == 422)
            let posted = #"{"inputs":[{"token_ids":[1,256],"student_logprobs":[null,-1]}]}"#
            #expect(try test.caller.post("/v1/weights", posted).status == 200)
        }
    }
}

extension JSONValue {
    /// The first element, where it is an array of objects.
    var first: JSONObject {
        if case .array(let values) = self, case .object(let object)? = values.first { object } else { JSONObject() }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var double: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
