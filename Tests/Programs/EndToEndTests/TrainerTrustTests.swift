import Foundation
import TestSupport
import Testing

/// What an engineer does with a long run: fills the disk, resumes it, mixes corpora, cuts the result into shards.
@Suite(.serialized) struct TrainerTrustTests {
    private func checkpoints(_ out: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").sorted()
    }

    /// A limit on the size of files does to a write what a full disk does: it fails in the middle.
    @Test func aCheckpointThatDoesNotFitLeavesTheLastOne() async throws {
        try await onThread {
            let run = try TrainerRun()
            let flags = ["--weighting", "ntp", "--save-every", "1", "--keep-checkpoints", "5"]
            let whole = try run.anneal("run", server: nil, flags)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let weights = try whole.weightsFile()
            for name in ["checkpoints/step-00000002", "checkpoints/step-00000003", "model"] {
                try FileManager.default.removeItem(atPath: whole.out + "/\(name).safetensors")
            }

            let command =
                ([Program.folder + "/remit-trainer"] + run.arguments("run", servers: []) + flags + ["--resume"])
                .map { "'\($0)'" }.joined(separator: " ")
            // 4 MiB; a checkpoint has 10.
            let limited = try Program.run("/bin/bash", ["-c", "ulimit -f 4096; exec " + command])
            #expect(limited.status == 1)
            #expect(limited.errors.contains("File too large") && limited.errors.contains("step 1 is intact"))
            #expect(try checkpoints(whole.out) == ["step-00000001.safetensors"])

            let resumed = try run.anneal("run", server: nil, flags + ["--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == weights)
        }
    }

    @Test func whereNothingCanBeWrittenTheRunSaysSoAtOnce() async throws {
        try await onThread {
            let run = try TrainerRun()
            try run.directory.write("file", [])
            for out in ["file/below", "file"] {
                let outcome = try run.anneal(out, server: nil, ["--weighting", "ntp"])
                #expect(outcome.result.status == 1)
                #expect(outcome.result.errors.contains(run.directory.file(out)), "\(outcome.result.errors)")
            }
            // The folder of the checkpoints is a file: the log and the steps are there, the state is not.
            try FileManager.default.createDirectory(
                atPath: run.directory.file("blocked"), withIntermediateDirectories: true)
            try run.directory.write("blocked/checkpoints", [])
            let outcome = try run.anneal("blocked", server: nil, ["--weighting", "ntp", "--save-every", "1"])
            #expect(outcome.result.status == 1)
            #expect(outcome.result.errors.contains("checkpoint"), "\(outcome.result.errors)")
        }
    }

    @Test func aChangedTeacherIsRefusedUnlessAllowed() async throws {
        try await onThread {
            let run = try TrainerRun()
            let (teacher, other) = (try LiveServer(model: Demo.teacher), try LiveServer(model: Demo.base))
            let flags = ["--save-every", "1", "--keep-checkpoints", "5"]
            let first = try run.anneal("run", server: teacher.url, flags)
            #expect(first.result.status == 0, "\(first.result.errors)")
            try FileManager.default.removeItem(atPath: first.out + "/checkpoints/step-00000003.safetensors")

            let refused = try run.anneal("run", server: other.url, flags + ["--resume"])
            #expect(refused.result.status == 1 && refused.result.errors.contains("--allow-teacher-change"))
            let fingerprints = refused.result.errors.matches(of: /[0-9a-f]{64}/).map { String($0.output) }
            #expect(Set(fingerprints).count == 2)
            let allowed = try run.anneal("run", server: other.url, flags + ["--resume", "--allow-teacher-change"])
            #expect(allowed.result.status == 0, "\(allowed.result.errors)")
            let lineage = try String(contentsOfFile: first.out + "/remit.json", encoding: .utf8)
            #expect(fingerprints.allSatisfy(lineage.contains))
        }
    }

    /// The same teacher in another precision is no other teacher; it was taken for one, and nothing said so.
    @Test func otherScoresOfTheTeacherAreRefusedOrNamed() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let other = try LiveServer(model: Demo.teacher, arguments: ["--precision", "bf16"])
            let flags = ["--save-every", "1", "--keep-checkpoints", "5"]
            let first = try run.anneal("run", server: server.url, flags)
            #expect(first.result.status == 0, "\(first.result.errors)")
            let again = flags + ["--resume-from", "2"]
            let refused = try run.anneal("run", server: other.url, again + ["--allow-teacher-change"])
            #expect(refused.result.status == 1, "\(refused.result.errors)")
            #expect(refused.result.errors.contains("--allow-mixed-scores"), "\(refused.result.errors)")
            let mixed = try run.anneal("run", server: other.url, again + ["--allow-mixed-scores"])
            #expect(mixed.result.status == 0, "\(mixed.result.errors)")
            #expect(
                mixed.result.errors.contains("from here on with another scoresFingerprint"), "\(mixed.result.errors)")
            let lineage = try #require(
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: URL(fileURLWithPath: mixed.out + "/remit.json")))
                    as? [String: Any])
            let changes = try #require(lineage["changes"] as? [[String: Any]])
            #expect(changes.map { $0["what"] as? String } == ["scoresFingerprint"] && changes[0]["step"] as? Int == 2)
            #expect(changes[0]["now"] as? String == lineage["scores_fingerprint"] as? String)
        }
    }

    /// Trackers know a run by run.json: resumed with other threads, it was another run to them.
    @Test func aResumedRunWasStartedAsBefore() async throws {
        try await onThread {
            let run = try TrainerRun()
            let flags = ["--weighting", "ntp", "--save-every", "1"]
            let first = try run.anneal("run", server: nil, flags)
            let file = first.out + "/run.json"
            let started = try #require(FileManager.default.contents(atPath: file))
            let again = flags + ["--resume", "--threads", "2"]
            let resumed = try run.anneal("run", server: nil, again)
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(FileManager.default.contents(atPath: file) == started)
            // Where there is none any more, it is written.
            try FileManager.default.removeItem(atPath: file)
            #expect(try run.anneal("run", server: nil, again).result.status == 0)
            let rewritten = try #require(FileManager.default.contents(atPath: file))
            #expect(String(decoding: rewritten, as: UTF8.self).contains(/"threads" ?: 2/))
        }
    }

    @Test func shardsHoldWhatOneFileHolds() async throws {
        try await onThread {
            let run = try TrainerRun()
            let whole = try run.anneal("whole", server: nil, ["--weighting", "ntp"])
            let cut = try run.anneal("cut", server: nil, ["--weighting", "ntp", "--max-shard-size", "1MB"])
            #expect(cut.result.status == 0, "\(cut.result.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: cut.out).filter { $0.hasPrefix("model") }
            #expect(names.count > 3 && names.contains("model.safetensors.index.json"))
            #expect(!names.contains("model.safetensors"))
            let losses = try [whole.out, cut.out].map { checkpoint in
                try Program.run(
                    "remit-trainer",
                    [
                        "evaluate", "--checkpoint", checkpoint, "--corpus", run.corpus, "--sequence-length", "64",
                        "--json",
                    ]
                ).output
            }
            #expect(losses[0] == losses[1] && losses[0].contains("\"loss\""))
            // Written again in one file, it is one file.
            let again = try run.anneal("cut", server: nil, ["--weighting", "ntp", "--resume"])
            #expect(try again.weightsFile() == whole.weightsFile())
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: cut.out).filter { $0.hasPrefix("model") }.count == 1
            )
        }
    }

    @Test func heldOutLossesAreToldByDomain() async throws {
        try await onThread {
            let result = try Program.run(
                "remit-trainer",
                ["evaluate", "--checkpoint", Demo.base, "--corpus", Demo.heldOut, "--sequence-length", "128", "--json"])
            #expect(result.status == 0, "\(result.errors)")
            let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            let domains = try #require(report?["domains"] as? [String: [String: NSNumber]])
            #expect(domains.keys.sorted() == ["filler", "reasoning"])
            let parts = domains.values.map {
                ($0["loss"]?.doubleValue ?? .nan, $0["scored_tokens"]?.doubleValue ?? .nan)
            }
            let tokens = parts.reduce(0) { $0 + $1.1 }
            #expect(tokens == (report?["scored_tokens"] as? NSNumber)?.doubleValue)
            let mean = parts.reduce(0) { $0 + $1.0 * $1.1 } / tokens
            #expect(abs(mean - ((report?["loss"] as? NSNumber)?.doubleValue ?? .nan)) < 1e-9)
        }
    }

    /// The student as its own teacher: were the two to see different tokens, its weights would not be 1.
    @Test func overTheWindowTeacherAndStudentSeeTheSame() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.base)
            let window = try run.anneal("window", server: server.url, steps: 1, ["--attention", "window"])
            #expect(window.result.status == 0, "\(window.result.errors)")
            #expect(try window.values("mean_weight") == [1])
            let document = try run.anneal("document", server: server.url, steps: 1)
            #expect(try document.values("mean_weight") == [1])
            #expect(try window.values("loss") != document.values("loss"))
            // The first tokens of all documents but each window's first are scored as well.
            #expect(try window.values("tokens") == document.values("tokens"))
            #expect(try window.values("scored_tokens")[0] > document.values("scored_tokens")[0])
        }
    }

    @Test func aMixOfTextAndTokensNamesItsShares() async throws {
        try await onThread {
            let run = try TrainerRun()
            let ids = (0..<600).flatMap { index -> [UInt8] in
                // The demo's end-of-sequence id is 0.
                let id = index % 20 == 19 ? 0 : 20 + index % 70
                return [UInt8(id & 255), UInt8(id >> 8)]
            }
            try run.directory.write("ids.npy", ids)
            let mix = """
                sources:
                  text: {paths: '\(run.corpus)', weight: 3}
                  tokens: {paths: ['\(run.directory.file("ids.npy"))'], weight: 1}
                """
            try run.directory.write("mix.yaml", Array(mix.utf8))
            let result = try Program.run(
                "remit-trainer",
                [
                    "anneal", "--student", Demo.base, "--mix", run.directory.file("mix.yaml"), "--out",
                    run.directory.file("out"), "--weighting", "ntp", "--sequence-length", "64", "--npy-dtype", "uint16",
                ])
            #expect(result.status == 0, "\(result.errors)")
            let outcome = Outcome(result: result, out: run.directory.file("out"))
            let shares = try outcome.steps().compactMap { $0["source_tokens"] as? [String: Int] }
            let sums = shares.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
            let (text, tokens) = (Double(sums["text"] ?? 0), Double(sums["tokens"] ?? 0))
            #expect(abs(tokens / (text + tokens) - 0.25) < 0.05)
            #expect(Double(try outcome.values("tokens").reduce(0, +)) == text + tokens)
            let lineage = try String(contentsOfFile: outcome.out + "/remit.json", encoding: .utf8)
            #expect(lineage.contains("ids.npy"))
        }
    }
}
