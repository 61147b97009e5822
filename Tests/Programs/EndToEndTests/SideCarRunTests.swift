import Foundation
import TestSupport
import Testing

/// remit-server score, and runs that read what it wrote.
@Suite(.serialized) struct SideCarRunTests {
    private func score(_ run: TrainerRun, _ out: String, corpus: String? = nil, _ more: [String] = []) throws
        -> ProgramResult
    {
        try Program.run("remit-server", arguments(run, out, corpus: corpus) + more)
    }

    private func arguments(_ run: TrainerRun, _ out: String, corpus: String? = nil) -> [String] {
        [
            "score", "--model", Demo.teacher, "--tokenizer", Demo.base, "--corpus", corpus ?? run.corpus,
            "--sequence-length", "64", "--out", run.directory.file(out), "--threads", "1",
        ]
    }

    @Test func liveCachedAndFiledGiveTheSameWeights() async throws {
        try await onThread {
            let run = try TrainerRun()
            let scored = try score(run, "scores")
            #expect(scored.status == 0, "\(scored.errors)")
            let files = ["--logprobs-from", run.directory.file("scores")]
            let live: Outcome
            do {
                let server = try LiveServer(model: Demo.teacher)
                live = try run.anneal("live", server: server.url)
                // The second run of a server is answered from what the first one left.
                let cached = try run.anneal("cached", server: server.url)
                #expect(try live.weightsFile() == cached.weightsFile(), "\(live.result.errors)")
                let other = try run.anneal("live-other", server: server.url, ["--seed", "5"])
                let filedOther = try run.anneal("filed-other", server: nil, files + ["--seed", "5"])
                #expect(try other.weightsFile() == filedOther.weightsFile(), "\(filedOther.result.errors)")
                #expect(try other.weightsFile() != live.weightsFile())
            }
            let filed = try run.anneal("filed", server: nil, files)
            #expect(filed.result.status == 0, "\(filed.result.errors)")
            #expect(try filed.weightsFile() == live.weightsFile())
            #expect(try filed.values("weighted_loss") == live.values("weighted_loss"))

            for path in ["scores", "scores/manifest.json"] {
                let verified = try Program.run("remit-trainer", ["verify", run.directory.file(path)])
                #expect(verified.status == 0 && verified.output.contains("problems         0"), "\(verified.output)")
            }
        }
    }

    /// Numbers beside a token file: a server's bits, in f32; a run refuses others' units and damage before it begins.
    @Test func filesBesideTokensGiveTheSameWeights() async throws {
        try await onThread {
            let run = try TrainerRun(tokenDocuments: 40)
            let bare = ["--npy-dtype", "uint16"]
            let beside = ["--form", "parallel"] + bare
            #expect(try score(run, "scores", beside).status == 0)
            let numbers = run.directory.file("scores/tokens.npy.scores")
            let files = bare + ["--logprobs-from", numbers]
            let live: Outcome
            do {
                let server = try LiveServer(model: Demo.teacher)
                live = try run.anneal("live", server: server.url, bare)
            }
            let filed = try run.anneal("filed", server: nil, files)
            #expect(filed.result.status == 0, "\(filed.result.errors)")
            #expect(try filed.weightsFile() == live.weightsFile())

            // In 16 bits they are other log-probs of the same teacher.
            #expect(try score(run, "half", beside + ["--dtype", "f16"]).status == 0)
            let half = bare + ["--logprobs-from", run.directory.file("half"), "--keep-checkpoints", "5"]
            let first = try run.anneal("first", server: nil, files + ["--save-every", "1", "--keep-checkpoints", "5"])
            #expect(first.result.status == 0, "\(first.result.errors)")
            let other = try run.anneal("first", server: nil, half + ["--save-every", "1", "--resume-from", "2"])
            #expect(other.result.status == 1 && other.result.errors.contains("--allow-mixed-scores"))
            let mixed = try run.anneal(
                "first", server: nil, half + ["--save-every", "1", "--resume-from", "2", "--allow-mixed-scores"])
            #expect(mixed.result.status == 0, "\(mixed.result.errors)")
            let lineage = try String(contentsOfFile: mixed.out + "/remit.json", encoding: .utf8)
            #expect(lineage.contains(/"scores_fingerprint" *: *"[0-9a-f]{64} float16"/), "\(lineage)")

            let longer = try run.anneal("longer", server: nil, files + ["--sequence-length", "128"])
            #expect(longer.result.status == 1 && longer.result.errors.contains("Give the run --sequence-length 64"))
            #expect(try score(run, "chunks", beside + ["--unit", "chunk", "--dtype", "f16"]).status == 0)
            let chunks = try run.anneal(
                "chunks", server: nil, bare + ["--logprobs-from", run.directory.file("chunks")])
            #expect(chunks.result.status == 1 && chunks.result.errors.contains("Score again with --unit document"))
            var damaged = try Data(contentsOf: URL(fileURLWithPath: numbers))
            damaged[damaged.count / 2] ^= 64
            try damaged.write(to: URL(fileURLWithPath: numbers))
            let refused = try run.anneal("refused", server: nil, files)
            #expect(refused.result.status == 1, "\(refused.result.errors)")
            #expect(refused.result.errors.contains(numbers + " is not what was written there"))
            #expect(try refused.steps().isEmpty)
            #expect(try Program.run("remit-trainer", ["verify", numbers]).status == 1)
            let text = try score(run, "text", corpus: Demo.heldOut, beside)
            #expect(text.status == 1 && text.errors.contains("take --form segments"), "\(text.errors)")
        }
    }

    /// Every byte of a directory is checked, static weights among them.
    @Test func weightsOfADirectoryAreVerified() async throws {
        try await onThread {
            let run = try TrainerRun(tokenDocuments: 4)
            let scored = try score(
                run, "scores", ["--form", "parallel", "--npy-dtype", "uint16", "--base", Demo.base])
            #expect(scored.status == 0, "\(scored.errors)")
            let folder = run.directory.file("scores")
            let sound = try Program.run("remit-trainer", ["verify", folder])
            #expect(sound.status == 0 && sound.output.contains("2 files"), "\(sound.output)")
            let weights = folder + "/tokens.npy.weights"
            var damaged = try Data(contentsOf: URL(fileURLWithPath: weights))
            damaged[damaged.count / 2] ^= 1
            try damaged.write(to: URL(fileURLWithPath: weights))
            let found = try Program.run("remit-trainer", ["verify", folder])
            #expect(found.status == 1 && found.output.contains(weights + " is not what was written there"))
        }
    }

    @Test func aScoringThatIsStoppedOrKilledGoesOn() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 400)
            let small = ["--shard-tokens", "500", "--max-batch-tokens", "64"]
            #expect(try score(run, "whole", small).status == 0)
            var statuses: [Int32] = []
            for signal in [SIGKILL, SIGINT, SIGKILL] {
                let program = try Program(start: "remit-server", arguments(run, "cut") + small)
                let shards = run.directory.file("cut")
                let before = try shardCount(shards)
                _ = try? program.waitFor("another shard") { _ in
                    (try? shardCount(shards)).flatMap { $0 > before ? $0 : nil }
                }
                program.signal(signal)
                statuses.append(try program.wait().status)
            }
            #expect(statuses.contains(128 + SIGKILL), "\(statuses)")
            #expect(!FileManager.default.fileExists(atPath: run.directory.file("cut") + "/done"))
            #expect(try score(run, "cut", small).status == 0)
            #expect(try Program.run("remit-trainer", ["verify", run.directory.file("cut")]).status == 0)
            let whole = try run.anneal("a", server: nil, ["--logprobs-from", run.directory.file("whole")])
            let cut = try run.anneal("b", server: nil, ["--logprobs-from", run.directory.file("cut")])
            #expect(try whole.weightsFile() == cut.weightsFile(), "\(cut.result.errors)")
        }
    }

    private func shardCount(_ path: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        return try FileManager.default.contentsOfDirectory(atPath: path).count { $0.hasSuffix(".safetensors") }
    }

    @Test func whatDoesNotBelongTogetherIsRefusedBeforeTheFirstStep() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 12)
            #expect(try score(run, "scores").status == 0)
            let files = ["--logprobs-from", run.directory.file("scores")]
            let longer = try run.anneal("longer", server: nil, files + ["--sequence-length", "128"])
            #expect(
                longer.result.status == 1
                    && longer.result.errors.contains("another --sequence-length: it has 64, the run 128"))

            let more = try TrainerRun(lines: 13)
            let missing = try more.anneal("missing", server: nil, files)
            #expect(missing.result.status == 1 && missing.result.errors.contains("has no log-probs for a segment"))
            #expect(try missing.steps().isEmpty)

            // A part of what was scored is enough.
            let less = try TrainerRun(lines: 10)
            #expect(try less.anneal("less", server: nil, files).result.status == 0)

            // Another teacher, or documents closed by another token, is another side-car.
            let other = try Program.run(
                "remit-server", arguments(run, "scores").map { $0 == Demo.teacher ? Demo.base : $0 })
            #expect(other.status == 1 && other.errors.contains("begun with another model"), "\(other.errors)")
            let both = try run.anneal("both", server: "http://127.0.0.1:1", files)
            #expect(both.result.status != 0 && both.result.errors.contains("not both"))
        }
    }

    /// A bit of a shard that turned is found before it is trained on, by the run and by the doctor; the same scoring mends it.
    @Test func aDamagedShardTrainsNothing() async throws {
        try await onThread {
            let run = try TrainerRun()
            #expect(try score(run, "scores").status == 0)
            let shard = run.directory.file("scores/logprobs-000001.safetensors")
            let sound = try Data(contentsOf: URL(fileURLWithPath: shard))
            var damaged = sound
            damaged[sound.count / 2] ^= 64
            try damaged.write(to: URL(fileURLWithPath: shard))

            let files = ["--logprobs-from", run.directory.file("scores")]
            let refused = try run.anneal("refused", server: nil, files)
            #expect(refused.result.status == 1, "\(refused.result.output)")
            #expect(
                refused.result.errors.contains(shard + " is not what was written there: its SHA-256 is"),
                "\(refused.result.errors)")
            #expect(try refused.steps().isEmpty)
            let arguments = ["doctor"] + run.arguments("never", servers: []).dropFirst() + files
            let doctor = try Program.run("remit-trainer", arguments)
            #expect(doctor.status == 1 && doctor.output.contains(shard + " is not what was written there"))

            let mended = try score(run, "scores")
            #expect(mended.status == 0 && mended.errors.contains("that is done now"), "\(mended.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: shard)) == sound)
            #expect(try run.anneal("runs", server: nil, files).result.status == 0)
        }
    }

    /// As the server does: within its memory, and not with kernels that fail their check.
    @Test func theTeacherIsLoadedAsTheServerLoadsIt() async throws {
        try await onThread {
            let run = try TrainerRun(lines: 4)
            let refused = try score(run, "none", ["--max-memory", "1MB"])
            #expect(refused.status == 1 && refused.errors.contains("--max-memory is 1000000"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: run.directory.file("none/manifest.json")))
            let scored = try score(run, "scores", ["--max-memory", "1GB"])
            #expect(scored.status == 0 && scored.errors.contains("kernels passed"), "\(scored.errors)")
        }
    }
}
