import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct DoctorTests {
    private func doctor(_ server: [String], student: String = Demo.base, _ more: [String] = []) throws -> ProgramResult
    {
        try Program.run(
            "remit-trainer",
            ["doctor", "--student", student, "--corpus", Demo.corpus, "--sequence-length", "64", "--threads", "1"]
                + ["--sample-tokens", "512", "--out", NSTemporaryDirectory() + "remit-doctor-run"]
                + server.flatMap { ["--server", $0] } + more)
    }

    @Test func aPairThatFitsIsHealthy() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            let result = try doctor([server.url], ["--epochs", "2"])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            for text in [
                "tokenizer and context fit", "the same bits", "above 1; at the clip", "weight  share", "about", "free",
            ] {
                #expect(result.output.contains(text), "\(text)\n\(result.output)")
            }
            #expect(result.output.hasSuffix("nothing is wrong: the run can begin\n"))
            #expect(result.output.split(separator: "\n").filter { $0.contains("#") }.allSatisfy { $0.count <= 80 })
        }
    }

    /// It called wrong what anneal takes with the same command line.
    @Test func anotherPrecisionIsTakenWhereMixedScoresAre() async throws {
        try await onThread {
            let servers = [
                try LiveServer(model: Demo.teacher),
                try LiveServer(model: Demo.teacher, arguments: ["--precision", "bf16"]),
            ]
            let others = ["--server", servers[1].url]
            let mixed = try doctor([servers[0].url], others + ["--allow-mixed-scores"])
            #expect(mixed.status == 0, "\(mixed.output)\(mixed.errors)")
            #expect(
                mixed.output.contains("\(servers[1].url) gives other log-probs than \(servers[0].url)"),
                "\(mixed.output)")
            #expect(!mixed.output.contains("alone and in a batch"), "\(mixed.output)")
            let refused = try doctor([servers[0].url], others)
            #expect(
                refused.status == 1 && refused.output.contains("--allow-mixed-scores accepts that"), "\(refused.output)"
            )
            withExtendedLifetime(servers) {}
        }
    }

    /// It tried the whole of a token file, and of a text that is one long document.
    @Test func noMoreIsTriedThanTheSample() async throws {
        try await onThread {
            let run = try TrainerRun(tokenDocuments: 400)
            let text = try String(contentsOfFile: Demo.corpus, encoding: .utf8).prefix(50_000)
            let long = try run.directory.write("long.txt", Array(text.utf8))
            let windowTokens = 64
            for (corpus, words) in [(run.corpus, "about 19.2k tokens"), (long, " 1 documents of it read")] {
                let server = try LiveServer(model: Demo.teacher)
                let result = try Program.run(
                    "remit-trainer",
                    ["doctor", "--student", Demo.base, "--corpus", corpus, "--out", run.directory.file("doctor")]
                        + ["--server", server.url, "--sequence-length", "\(windowTokens)", "--threads", "1"]
                        + ["--sample-tokens", "512"])
                #expect(result.status == 0 && result.output.contains(words), "\(result.output)\(result.errors)")
                let metrics = try server.get("/metrics").body
                let computed = try #require(
                    metrics.firstMatch(of: /remit_tokens_total\{source="computed"\} (\d+)/)?.output.1, "\(metrics)")
                #expect(try #require(Int(computed)) <= 512 + 2 * windowTokens)
            }
        }
    }

    /// An epoch of a mix goes through no source more often than it may; the steps of all sources together were said.
    @Test func theStepsOfAMixAreThoseOfItsEpoch() async throws {
        try await onThread {
            let folder = try TemporaryDirectory()
            let lines = try String(contentsOfFile: Demo.corpus, encoding: .utf8).split(separator: "\n")
            for (name, part) in [("small", lines[..<60]), ("big", lines[60...])] {
                try folder.write("\(name).jsonl", Array((part.joined(separator: "\n") + "\n").utf8))
            }
            let mix = """
                sources:
                  small: {paths: \(folder.file("small.jsonl")), weight: 9}
                  big: {paths: \(folder.file("big.jsonl")), weight: 1}
                """
            try folder.write("mix.yaml", Array(mix.utf8))
            func run(_ command: String) throws -> ProgramResult {
                try Program.run(
                    "remit-trainer",
                    [command, "--student", Demo.base, "--mix", folder.file("mix.yaml"), "--out", folder.file("run")]
                        + ["--weighting", "ntp", "--sequence-length", "64", "--batch-sequences", "2", "--threads", "1"])
            }
            let examined = try run("doctor")
            #expect(examined.status == 0, "\(examined.output)\(examined.errors)")
            let match = try #require(examined.output.firstMatch(of: /for (\d+) steps/), "\(examined.output)")
            let expected = try #require(Double(match.output.1))
            let trained = try run("anneal")
            #expect(trained.status == 0, "\(trained.errors)")
            let steps = Double(try Outcome.steps(in: folder.file("run")).count)
            #expect(abs(expected - steps) < 0.2 * steps, "\(expected) of \(steps)")
        }
    }

    @Test func aDistilledPairIsTriedToo() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            let result = try doctor([server.url], ["--objective", "kd"])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(result.output.contains("KL(teacher || student)") && !result.output.contains("weight  share"))
            let many = try doctor([server.url], ["--objective", "kd", "--kd-top-k", "65"])
            #expect(many.status == 1 && many.output.hasPrefix("WRONG  teacher") && many.output.contains("at most 64"))
        }
    }

    /// Weights and two moments in f32 for each checkpoint, weights in the type of the result for it and each of the four exports.
    @Test func diskIsCountedFromTheRunsOwnOptions() async throws {
        try await onThread {
            func neededBytes(_ options: [String]) throws -> Double {
                let result = try doctor([], ["--weighting", "ntp", "--steps", "100"] + options)
                #expect(result.status == 0, "\(result.output)\(result.errors)")
                let match = try #require(
                    result.output.firstMatch(of: /disk +about ([0-9.]+)M?B needed/), "\(result.output)")
                return try #require(Double(match.1))
            }
            let parameters = 0.820352
            let once = try neededBytes(["--save-every", "0"])
            let kept = try neededBytes(["--save-every", "10", "--keep-checkpoints", "4"])
            let exported = try neededBytes(["--save-every", "0", "--out-dtype", "f32", "--export-every", "20"])
            #expect(abs(kept - once - parameters * 12 * 4) < 0.2)
            #expect(abs(exported - once - parameters * (4 * 5 - 2)) < 0.2)
        }
    }

    /// It said that the run could begin where anneal refused at once.
    @Test func whereTheRunCannotBeginIsSaid() async throws {
        try await onThread {
            let run = try TrainerRun()
            let plain = ["--weighting", "ntp"]
            #expect(try run.anneal("run", server: nil, plain).result.status == 0)
            let out = run.directory.file("run")
            // Of a save that is still going on, as far as a doctor knows.
            let half = try run.directory.write("run/checkpoints/.step-00000004.safetensors.1-a.tmp", [1])
            func contents() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: out).sorted() }
            let before = try contents()
            func doctor(_ name: String, _ more: [String] = []) throws -> ProgramResult {
                try Program.run(
                    "remit-trainer", ["doctor"] + run.arguments(name, servers: []).dropFirst() + plain + more)
            }
            for (more, words) in [
                ([], "\(out) already holds a run (saved at step 3): continue it with --resume"),
                (
                    ["--resume", "--batch-sequences", "4"],
                    "cannot resume: the option batchSequences was 8 and is now 4"
                ),
                (["--resume", "--student", Demo.teacher], "cannot resume: the student (by fingerprint) was "),
                (["--resume-from", "2"], "no checkpoint of step 2 for --resume-from; it has 3"),
            ] as [([String], String)] {
                let refused = try doctor("run", more)
                #expect(refused.status == 1 && refused.output.contains(words), "\(refused.output)\(refused.errors)")
                #expect(refused.output.contains("ok     corpus"), "\(refused.output)")
            }
            let resumed = try doctor("run", ["--resume"])
            #expect(
                resumed.status == 0 && resumed.output.contains("goes on after step 3 of 3 in "), "\(resumed.output)")
            #expect(try contents() == before && FileManager.default.fileExists(atPath: half))

            _ = try run.directory.write("model/config.json", Array("{}".utf8))
            let model = try doctor("model")
            #expect(model.status == 1 && model.output.contains("already holds a model"), "\(model.output)")
            let fresh = try doctor("fresh", ["--resume"])
            #expect(fresh.status == 0 && fresh.output.contains("nothing to resume in "), "\(fresh.output)")
            #expect(!FileManager.default.fileExists(atPath: run.directory.file("fresh")))
        }
    }

    @Test func whatIsWrongComesFirst() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            let folder = try TemporaryDirectory()
            let other = folder.file("student")
            try FileManager.default.copyItem(atPath: Demo.base, toPath: other)
            let json = try String(contentsOfFile: other + "/tokenizer.json", encoding: .utf8)
            try json.replacing(#""add_prefix_space": false"#, with: #""add_prefix_space": true"#)
                .write(toFile: other + "/tokenizer.json", atomically: true, encoding: .utf8)
            let tokenizers = try doctor([server.url], student: other)
            #expect(tokenizers.status == 1)
            #expect(tokenizers.output.hasPrefix("WRONG  teacher") && tokenizers.output.contains("different tokenizers"))
            // The rest was looked at all the same.
            #expect(tokenizers.output.contains("ok     student") && tokenizers.output.contains("ok     corpus"))

            let away = try doctor(["http://127.0.0.1:1", server.url])
            #expect(away.status == 1 && away.output.hasPrefix("WRONG  teacher"))
            #expect(away.output.contains("weight  share"))
            let long = try doctor([server.url], ["--sequence-length", "100000"])
            #expect(long.status == 1 && long.output.hasPrefix("WRONG  context"), "\(long.output)")
        }
    }
}
