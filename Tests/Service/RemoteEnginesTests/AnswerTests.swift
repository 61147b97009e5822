import Foundation
import RemoteEngines
import Sequences
import TestSupport
import Testing

/// What engines answer is right, or refused with its reason.
@Suite(.serialized) struct AnswerTests {
    @Test(arguments: [EngineKind.vllm, .sglang], [false, true])
    func everySegmentGetsItsOwnLogProbs(_ kind: EngineKind, hasTeacherScoring: Bool) async throws {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake) { $0.hasTeacherScoring = hasTeacherScoring }
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            let segments = [1, 2, 3, 100, 1500].enumerated().map { Engines.ids($1, seed: $0) }
            let scores = try engine.scores(PackedBatch(segments: segments), topK: 0)
            #expect(sameBits(scores.logProbs, segments.flatMap { FakeEngineServer.expected($0) }))
            #expect(engine.isBitReproducible && engine.canaries?.largestNoise == 0)
            #expect(engine.maxSequenceTokens == 2047)
            // All but the segment of one token, which has nothing to score; they arrive in any order.
            let fast = "/inference/v1/generate"
            let asked = fake.engine.paths.filter { [fast, "/v1/completions", "/generate"].contains($0) }.suffix(5)
            #expect(asked.count { $0 == fast } == (kind == .vllm && hasTeacherScoring ? 4 : 0))
        }
    }

    @Test(arguments: [EngineKind.vllm, .sglang]) func likelyTokensComeInFallingOrder(_ kind: EngineKind) async throws {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake)
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            // Unlikely ones: the realized token comes beside the likely.
            let ids = (1...9).map { Int32(97 * $0 + 60) }
            let top = try #require(try engine.score(ids, topK: 4).get().top)
            let expected = ids.dropFirst().map { FakeEngineServer.expectedTop($0, 4) }
            #expect(top.tokenIDs == [-1, -1, -1, -1] + expected.flatMap { $0.map(\.id) })
            #expect(sameBits(Array(top.logProbs.dropFirst(4)), expected.flatMap { $0.map(\.logProb) }))
            guard case .failure(.unable(_, let reason)) = engine.score(ids, topK: 64) else {
                Issue.record("64 likeliest tokens were given")
                return
            }
            #expect(reason.contains("Requested prompt logprobs of 64"))
        }
    }

    static let faults: [(FakeEngineServer.Answer, String)] = [
        (.anotherID, "it scored id"), (.aboveZero, "log-prob 0.5"), (.nullInside, "no log-prob at position 6"),
        (.tooShort, "6"), (.body("{"), ""), (.body("[]"), ""), (.body("{}"), "no "),
        (.body(#"{"choices": [{"prompt_logprobs": null, "prompt_token_ids": [1]}], "meta_info": {}}"#), "no "),
        (.body(String(repeating: "[", count: 100_000)), ""), (.endless, "larger than 7 tokens"),
        (.status(400), "told to"), (.status(422), "told to"), (.logProb("-9999.0"), "which vLLM writes for -inf"),
    ]

    @Test(arguments: [EngineKind.vllm, .sglang], faults.indices)
    func whatCannotBeRightIsRefused(_ kind: EngineKind, _ index: Int) async throws {
        let (answer, expected) = Self.faults[index]
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake)
            let log = EventLog()
            let engine = try Engines.load(Engines.settings(kind, [fake]), log: log)
            let ids = Engines.ids(7, seed: 77)
            fake.engine.change { $0.answer = { $0 == ids ? answer : .right } }
            guard case .failure(.wrongAnswer(let name, let reason)) = engine.score(ids) else {
                Issue.record("it was taken")
                return
            }
            #expect(
                name == "\(kind.rawValue)=\(fake.url)" && (expected.isEmpty || reason.contains(expected)), "\(reason)")
            #expect(log.requests(.wrong) == 1)
            // The others are none the worse.
            let other = Engines.ids(50, seed: 1)
            #expect(sameBits(try engine.score(other, id: 2).get().logProbs, FakeEngineServer.expected(other)))
        }
    }

    /// vLLM's own form is read without the JSON reader, which refuses these, as it does everywhere else.
    @Test(arguments: [EngineKind.vllm, .sglang]) func whatIsNoNumberInJSONIsRefused(_ kind: EngineKind) async throws {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake)
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            let ids = Engines.ids(7, seed: 77)
            let wrong = [
                "", " ", "-", "+0", ".5", "-.5", ".", "-.", "1.", "-1.", "-1. 5", "01", "-01", "00", "-00.5", "- 1",
                "--1",
                "-1.2.3", "-1 2", "-1e", "-1e+", "-1.e3", "0x0", "-1_0", "NaN", "-Infinity", "-inf", "\"-1\"", "true",
            ]
            for (id, text) in wrong.enumerated() {
                fake.engine.change { $0.answer = { $0 == ids ? .logProb(text) : .right } }
                guard case .failure(.wrongAnswer) = engine.score(ids, id: id + 1) else {
                    Issue.record("\"\(text)\" was taken")
                    continue
                }
            }
            let right: [(String, Float)] = [
                ("0", 0), ("-0", -0.0), ("-0.0", -0.0), ("0.000", 0), ("-1", -1), ("-10.25", -10.25), ("-1e1", -10),
                ("-2.5E-1", -0.25), ("-0.1", -0.1), ("-0.30000001192092896", -0.3),
                ("-12345678901234567890", -1.2345679e19),
            ]
            for (id, (text, value)) in right.enumerated() {
                fake.engine.change { $0.answer = { $0 == ids ? .logProb(text) : .right } }
                let found = try engine.score(ids, id: 100 + id).get().logProbs
                #expect(sameBits(found, FakeEngineServer.expected(ids).dropLast() + [value]), "\(text)")
            }
        }
    }

    /// A row of likeliest tokens has as many as were asked for, and none of probability 0.
    @Test(arguments: [EngineKind.vllm, .sglang]) func aLikeliestTokenOfNoProbabilityIsRefused(
        _ kind: EngineKind
    ) async throws {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake)
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            fake.engine.change { $0.answer = { _ in .topMinusInfinity } }
            guard case .failure(.wrongAnswer(_, let reason)) = engine.score(Engines.ids(7, seed: 77), topK: 3) else {
                Issue.record("it was taken")
                return
            }
            #expect(reason.contains("log-prob -9999.0 of a likeliest token") && reason.contains("vLLM writes for -inf"))
        }
    }

    /// Only a distribution tells logits from log-probs.
    @Test(arguments: [EngineKind.vllm, .sglang]) func anEngineThatGivesLogitsIsNotTaken(_ kind: EngineKind) async throws
    {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake) { $0.answer = { _ in .logits } }
            let engine = try Engines.load(Engines.settings(kind, [fake]))
            guard case .unreachable(_, let reason, _)? = engine.fault else {
                Issue.record("it was taken")
                return
            }
            #expect(reason.contains("logits"))
        }
    }
}

extension EngineKind {
    var fake: FakeEngineServer.Kind { self == .vllm ? .vllm : .sglang }
}
