import Foundation
import TestSupport
import Testing

/// The demo pair behind a live remit-server, asked as users ask it.
@Suite(.serialized) struct ServiceTests {
    @Test func weightsOfATextAreWhatTheFormulaSays() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let answer = try server.post("/v1/weights", #"{"inputs":[{"text":"17 + 25 = 42"}]}"#)
            #expect(answer.status == 200, "\(answer.body)")
            let result = try ScoredText(answer.body)
            let text = Array("17 + 25 = 42".utf8)

            #expect(result.student == "base")
            #expect(result.offsets.map { String(decoding: text[$0[0]..<$0[1]], as: UTF8.self) } == result.tokens)
            #expect(result.offsets.first?[0] == 0 && result.offsets.last?[1] == text.count)
            #expect(result.weights.first == 0 && result.teacher.first == .some(nil) && result.base.first == .some(nil))
            #expect(result.weights.dropFirst().allSatisfy { (0.8...1.2).contains($0) })
            #expect(Set(result.weights.dropFirst()).count > 1)

            let delta = zip(result.teacher, result.base).dropFirst().map { $0! - $1! }
            let mean = delta.reduce(0, +) / Double(delta.count)
            let expected = delta.map { min(max(2 / (1 + exp(-($0 - mean))), 0.8), 1.2) }
            for (expected, weight) in zip(expected, result.weights.dropFirst()) {
                #expect(abs(expected - weight) < 1e-6)
            }

            #expect(result.scoredTokens == delta.count)
            #expect(
                result.clippedLow == expected.count { $0 == 0.8 } && result.clippedHigh == expected.count { $0 == 1.2 })
            #expect(abs(result.meanWeight - expected.reduce(0, +) / Double(expected.count)) < 1e-6)
            #expect(try server.stop() == 0)
        }
    }

    /// Of flags that leave something to the system or to the models, /info has what came of it.
    @Test func infoHasTheValuesInForce() async throws {
        try await onThread {
            let server = try LiveServer(
                model: Demo.teacher, arguments: ["--max-top-k", "1000", "--max-batch-tokens", "2048"])
            let info = try #require(
                try JSONSerialization.jsonObject(with: Data(try server.get("/info").body.utf8)) as? [String: Any])
            let settings = try #require(info["settings"] as? [String: Any])
            let limits = try #require(info["limits"] as? [String: Any])
            #expect(settings["port"] as? Int == server.url.split(separator: ":").last.flatMap { Int($0) })
            for name in ["max_sequence_tokens", "max_top_k"] { #expect(settings[name] as? Int == limits[name] as? Int) }
            #expect(settings["max_sequence_tokens"] as? Int == 512 && settings["max_top_k"] as? Int == 640)
        }
    }

    @Test func aTextHasTheSameBitsInsideABatchOf32Others() async throws {
        try await onThread {
            let lines = try String(contentsOfFile: Demo.heldOut, encoding: .utf8).split(separator: "\n").prefix(32)
            let others = try lines.enumerated().map { index, line in
                let record = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
                let text = try JSONEncoder().encode(#require(record["text"]))
                return #"{"id":"\#(index)","text":\#(String(decoding: text, as: UTF8.self))}"#
            }
            let own = #"{"id":"own","text":"Ada has 17 eggs and finds 25 more."}"#
            var bodies: [String] = []
            for inputs in [[own], others.prefix(16) + [own] + others.suffix(16)] {
                // A server of its own for each, so that the second answer cannot come from the first one's cache.
                let server = try LiveServer(model: Demo.teacher, base: Demo.base)
                let answer = try server.post("/v1/weights", #"{"inputs":[\#(inputs.joined(separator: ","))]}"#)
                #expect(answer.status == 200, "\(answer.body)")
                let start = try #require(answer.body.range(of: #"{"id":"own""#))
                let rest = answer.body[start.lowerBound...]
                let end = try #require(rest.range(of: #""statistics""#))
                bodies.append(String(rest[..<end.lowerBound]))
            }
            #expect(bodies[0] == bodies[1])
            #expect(bodies[0].contains("teacher_logprobs"))
        }
    }

    @Test func thePythonExampleAgreesWithNumpy() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            let python = Program.root + "/.build/venv/bin/python"
            let result = try Program.run(python, [Program.root + "/Examples/post_batch.py", server.url])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(result.output.contains("largest difference"))
        }
    }
}

/// The first result of a /v1/weights answer.
private struct ScoredText {
    let tokens: [String]
    let offsets: [[Int]]
    let student: String
    let teacher: [Double?]
    let base: [Double?]
    let weights: [Double]
    let scoredTokens: Int
    let clippedLow: Int
    let clippedHigh: Int
    let meanWeight: Double

    init(_ body: String) throws {
        let answer = try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        let result = try #require((answer["results"] as? [[String: Any]])?.first)
        let statistics = try #require(result["statistics"] as? [String: Any])
        tokens = try #require(result["tokens"] as? [String])
        offsets = try #require(result["offsets"] as? [[Int]])
        student = try #require(result["student"] as? String)
        teacher = try #require(result["teacher_logprobs"] as? [Any]).map { ($0 as? NSNumber)?.doubleValue }
        base = try #require(result["student_logprobs"] as? [Any]).map { ($0 as? NSNumber)?.doubleValue }
        weights = try #require(result["weights"] as? [NSNumber]).map(\.doubleValue)
        scoredTokens = try #require(statistics["scored_tokens"] as? Int)
        clippedLow = try #require(statistics["clipped_low"] as? Int)
        clippedHigh = try #require(statistics["clipped_high"] as? Int)
        meanWeight = try #require(statistics["mean_weight"] as? NSNumber).doubleValue
    }
}
