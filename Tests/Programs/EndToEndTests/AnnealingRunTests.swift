import Foundation
import TestSupport
import Testing

/// remit-trainer against a live remit-server, as two processes.
@Suite(.serialized) struct AnnealingRunTests {
    @Test func threeStepsHaveTheLossThatANaiveComputationGives() async throws {
        try await onThread {
            // No two of these documents fit one window of 128, so a step of six windows is the whole corpus.
            let run = try TrainerRun(lines: 6, longerThan: 320)
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let outcome = try run.anneal(
                "remit", server: server.url, ["--sequence-length", "128", "--batch-sequences", "6"])
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            let steps = try outcome.steps()
            #expect(steps.count == 3)

            let naive = try naiveFirstStep(server, corpus: run.corpus)
            #expect(abs(try outcome.values("weighted_loss")[0] - naive.weighted) < 1e-5)
            #expect(abs(try outcome.values("loss")[0] - naive.plain) < 1e-5)
            #expect(try outcome.values("scored_tokens")[0] == Double(naive.scored))
            #expect(naive.weighted != naive.plain)
            #expect(try server.stop() == 0)
        }
    }

    @Test func epsilonZeroIsNextTokenPredictionBitForBit() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let clipped = try run.anneal("epsilon-zero", server: server.url, ["--epsilon", "0"])
            let plain = try run.anneal("ntp", server: nil, ["--weighting", "ntp"])
            #expect(
                clipped.result.status == 0 && plain.result.status == 0, "\(clipped.result.errors)\(plain.result.errors)"
            )
            #expect(try clipped.weightsFile() == plain.weightsFile())
            #expect(try clipped.values("loss") == plain.values("loss"))
            #expect(try clipped.values("weighted_loss") == plain.values("loss"))
            let weighted = try run.anneal("remit", server: server.url)
            #expect(try weighted.weightsFile() != plain.weightsFile())
        }
    }

    @Test func aTeacherEqualToTheStudentWeighsNothingUntilTheStudentMoves() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.base)
            let moving = try run.anneal("moving", server: server.url)
            #expect(moving.result.status == 0, "\(moving.result.errors)")
            let (loss, weighted) = (try moving.values("loss"), try moving.values("weighted_loss"))
            #expect(loss[0] == weighted[0])
            #expect(loss[1] != weighted[1] && loss[2] != weighted[2])
            let still = try run.anneal("still", server: server.url, ["--learning-rate", "0"])
            #expect(try still.values("loss") == still.values("weighted_loss"))
            #expect(try still.values("mean_weight") == [1, 1, 1])
        }
    }

    @Test func weightsFromTheServerGiveTheSameRun() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let here = try run.anneal("here", server: server.url, ["--weights-at", "trainer"])
            let there = try run.anneal("there", server: server.url, ["--weights-at", "server"])
            #expect(here.result.status == 0 && there.result.status == 0, "\(here.result.errors)\(there.result.errors)")
            #expect(try here.values("weighted_loss") == there.values("weighted_loss"))
            #expect(try here.weightsFile() == there.weightsFile())
        }
    }

    /// Three bits of the last checkpoint turned: nothing is trained on it, and the one before it ends with the same weights.
    @Test func aDamagedCheckpointIsNamedAndTheOneBeforeItGoesOn() async throws {
        try await onThread {
            let run = try TrainerRun()
            let options = ["--weighting", "ntp", "--save-every", "1"]
            let whole = try run.anneal("run", server: nil, options)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let (weights, losses) = (try whole.weightsFile(), try whole.values("loss"))
            let checkpoint = whole.out + "/checkpoints/step-00000003.safetensors"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: checkpoint))
            for share in [0.3, 0.6, 0.9] { bytes[Int(share * Double(bytes.count))] ^= 1 }
            try bytes.write(to: URL(fileURLWithPath: checkpoint))

            let refused = try run.anneal("run", server: nil, options + ["--resume"])
            #expect(refused.result.status == 1)
            for text in [checkpoint, "has SHA-256", "--resume-from 2"] {
                #expect(refused.result.errors.contains(text), "\(refused.result.errors)")
            }
            let moments = try run.anneal("moments", server: nil, options + ["--load-optimizer", whole.out])
            #expect(moments.result.status == 1 && moments.result.errors.contains(checkpoint))
            let again = try run.anneal("run", server: nil, options + ["--resume-from", "2"])
            #expect(again.result.status == 0, "\(again.result.errors)")
            #expect(try again.weightsFile() == weights && again.values("loss") == losses)
            #expect(again.result.errors.contains("resuming after step 2") && again.result.errors.contains("set-aside"))
        }
    }

    /// A student of before is written with digests, and one that was damaged since trains nothing.
    @Test func aDamagedStudentIsNamed() async throws {
        try await onThread {
            let run = try TrainerRun()
            let first = try run.anneal("first", server: nil, ["--weighting", "ntp"])
            let file = first.out + "/model.safetensors"
            var bytes = try first.weightsFile()
            bytes[bytes.count / 2] ^= 2
            try bytes.write(to: URL(fileURLWithPath: file))
            let second = try run.anneal("second", server: nil, student: first.out, ["--weighting", "ntp"])
            #expect(second.result.status == 1 && second.result.errors.contains(file + ": damaged: tensor"))
            for command in [
                ["evaluate", "--checkpoint", first.out, "--corpus", run.corpus],
                ["reinforce", "--student", first.out, "--reward", "all", "--steps", "1"]
                    + ["--out", run.directory.file("tuned")],
            ] {
                let result = try Program.run("remit-trainer", command)
                #expect(result.status == 1 && result.errors.contains(file + ": damaged: tensor"), "\(result.errors)")
            }
        }
    }

    @Test func anotherTokenizerIsRefusedBeforeTheFirstStep() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let other = run.directory.file("other")
            try FileManager.default.copyItem(atPath: Demo.base, toPath: other)
            let path = other + "/tokenizer.json"
            let json = try String(contentsOfFile: path, encoding: .utf8)
            let changed = json.replacing(#""add_prefix_space": false"#, with: #""add_prefix_space": true"#)
            #expect(changed != json)
            try changed.write(toFile: path, atomically: true, encoding: .utf8)

            let outcome = try run.anneal("refused", server: server.url, student: other)
            #expect(outcome.result.status == 1)
            let fingerprints = outcome.result.errors.matches(of: /[0-9a-f]{64}/).map { String($0.output) }
            #expect(Set(fingerprints).count == 2, "\(outcome.result.errors)")
            #expect(!FileManager.default.fileExists(atPath: outcome.out + "/model.safetensors"))
        }
    }
}

/// What the first step must log: teacher and base log-probs of every document from the server, the rest by hand.
private func naiveFirstStep(
    _ server: LiveServer, corpus: String
) throws -> (weighted: Double, plain: Double, scored: Int) {
    var (weighted, plain, scored) = (0.0, 0.0, 0)
    for line in try String(contentsOfFile: corpus, encoding: .utf8).split(separator: "\n") {
        let text = try #require(
            (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["text"] as? String)
        let posted = String(decoding: try JSONEncoder().encode(["text": text]), as: UTF8.self)
        let tokenized = try server.post("/v1/tokenize", posted)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(tokenized.body.utf8)) as? [String: Any])
        let ids = try #require(object["token_ids"] as? [Int]) + [0]  // the demo's end-of-sequence token
        let answer = try server.post("/v1/weights", #"{"inputs":[{"token_ids":\#(ids)}]}"#)
        let weighed = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        let result = try #require((weighed?["results"] as? [[String: Any]])?.first, "\(answer.body)")
        let values = { (name: String) in
            (result[name] as? [Any] ?? []).dropFirst().compactMap { ($0 as? NSNumber)?.doubleValue }
        }
        let (teacher, base) = (values("teacher_logprobs"), values("student_logprobs"))
        let delta = zip(teacher, base).map { $0 - $1 }
        let mean = delta.reduce(0, +) / Double(delta.count)
        for (delta, base) in zip(delta, base) {
            weighted -= min(max(2 / (1 + exp(-(delta - mean))), 0.8), 1.2) * base
            plain -= base
            scored += 1
        }
    }
    return (weighted / Double(scored), plain / Double(scored), scored)
}
