import Checkpoints
import Foundation
import TestSupport
import Testing

/// `--objective kd` against a live remit-server, as two processes.
@Suite(.serialized) struct DistillationRunTests {
    @Test func theDivergenceFallsAndAResumedRunIsTheSame() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let flags = [
                "--objective", "kd", "--kd-top-k", "20", "--kd-weight", "0.9", "--save-every", "1",
                "--keep-checkpoints", "5",
            ]
            let whole = try run.anneal("kd", server: server.url, flags)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            #expect(whole.result.output.contains("kd loss"))
            let divergences = try whole.values("kd_loss")
            #expect(divergences.count == 3 && divergences[2] < divergences[0])
            for (weighted, (loss, divergence)) in zip(
                try whole.values("weighted_loss"), zip(try whole.values("loss"), divergences))
            {
                #expect(abs(weighted - (0.1 * loss + 0.9 * divergence)) < 1e-6)
            }
            let weights = try whole.weightsFile()
            for name in ["checkpoints/step-00000002", "checkpoints/step-00000003", "model"] {
                try? FileManager.default.removeItem(atPath: whole.out + "/\(name).safetensors")
            }
            let resumed = try run.anneal("kd", server: server.url, flags + ["--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == weights)
            #expect(try resumed.values("kd_loss") == divergences)
            let page = run.directory.file("report.html")
            let report = try Program.run("remit-trainer", ["report", whole.out, "--out", page])
            #expect(report.status == 0, "\(report.errors)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("KL(teacher || student)"))
        }
    }

    @Test(arguments: [
        ["--objective", "kd", "--kd-divergence", "reverse", "--kd-temperature", "2"],
        ["--objective", "switch-kd", "--kd-top-k", "20"],
    ])
    func temperedAndSwitchedDivergencesFall(_ flags: [String]) async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            let whole = try run.anneal("tempered", server: server.url, steps: 12, flags + ["--save-every", "6"])
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let divergences = try whole.values("kd_loss")
            #expect(divergences.count == 12 && divergences.allSatisfy { $0.isFinite && $0 > 0 })
            // Batches differ more than steps do.
            let falls = divergences.suffix(6).reduce(0, +) < divergences.prefix(6).reduce(0, +)
            #expect(falls, "\(divergences)")
            let weights = try whole.weightsFile()
            for name in ["checkpoints/step-00000012", "model"] {
                try? FileManager.default.removeItem(atPath: whole.out + "/\(name).safetensors")
            }
            let other = try run.anneal(
                "tempered", server: server.url, steps: 12, flags + ["--resume", "--kd-temperature", "3"])
            #expect(other.result.status != 0 && other.result.errors.contains("distillation"), "\(other.result.errors)")
            let resumed = try run.anneal("tempered", server: server.url, steps: 12, flags + ["--resume"])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            #expect(try resumed.weightsFile() == weights)
        }
    }

    /// A teacher with 24 rows of padding behind the student's 640: copies of the end of sequence, often among its likeliest tokens.
    @Test func aTeacherOfAnotherPaddingIsComparedOnWhatBothHave() async throws {
        try await onThread {
            let run = try TrainerRun()
            let flags = ["--objective", "kd", "--kd-top-k", "40"]
            let padded = run.directory.file("padded")
            try Self.pad(Demo.teacher, to: padded, rows: 24)
            let server = try LiveServer(model: padded)
            let outcome = try run.anneal("wider", server: server.url, flags)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            let said = outcome.result.errors.matches(of: /predicts 664 tokens, the student 640: .* first 640 apart/)
            #expect(said.count == 1, "\(outcome.result.errors)")
            let divergences = try outcome.values("kd_loss")
            #expect(divergences.count == 3 && divergences[2] < divergences[0])

            // A student that is padded so, of a teacher that is not.
            let student = run.directory.file("student")
            try Self.pad(Demo.base, to: student, rows: 24)
            let narrow = try LiveServer(model: Demo.teacher)
            let narrower = try run.anneal("narrower", server: narrow.url, student: student, flags)
            #expect(narrower.result.status == 0, "\(narrower.result.errors)")
            #expect(narrower.result.errors.contains("predicts 640 tokens, the student 664"))
            #expect(try narrower.values("kd_loss").allSatisfy { $0.isFinite && $0 > 0 })
        }
    }

    /// Writes a checkpoint with so many rows more in its embedding, which is also its head: copies of the first.
    private static func pad(_ model: String, to path: String, rows: Int) throws {
        try FileManager.default.copyItem(atPath: model, toPath: path)
        let checkpoint = try Checkpoint(directory: model)
        let sources = try checkpoint.tensorNames.map { name in
            let entry = try #require(checkpoint.entry(name))
            var (bytes, shape) = (try checkpoint.withBytes(name) { Array($0) }, entry.shape)
            if name == "model.embed_tokens.weight" {
                let row = Array(bytes.prefix(bytes.count / shape[0]))
                for _ in 0..<rows { bytes += row }
                shape[0] += rows
            }
            return SafetensorsWriter.Source(name: name, elementType: entry.elementType, shape: shape, bytes: bytes)
        }
        try SafetensorsWriter(sources, metadata: ["format": "pt"]).write(to: path + "/model.safetensors")
        let file = path + "/config.json"
        let json = try String(contentsOfFile: file, encoding: .utf8)
        try json.replacing(/"vocab_size": (\d+)/, with: { "\"vocab_size\": \((Int($0.output.1) ?? 0) + rows)" })
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test func whatItCannotDoIsSaidBeforeTheFirstStep() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            for (flags, expected) in [
                (["--kd-top-k", "65"], "at most 64"),
                (["--kd-weight", "0"], "for '--kd-weight <number>': expected a number, above 0, at most 1"),
                (["--weighting", "rho1"], "no token weights"), (["--weights-at", "server"], "no token weights"),
                (["--normalizer", "weights"], "--normalizer is weights"),
                (["--kd-quantile", "0.5"], "chooses the tokens of --objective switch-kd"),
                (["--kd-temperature", "0"], "expected a number, 0.01 to 100"),
                (["--kd-divergence", "sideways"], "forward"),
            ] {
                let outcome = try run.anneal("refused", server: server.url, ["--objective", "kd"] + flags)
                #expect(outcome.result.status != 0)
                #expect(outcome.result.errors.contains(expected), "\(outcome.result.errors)")
            }
            for (flags, expected) in [
                (["--objective", "switch-kd", "--kd-weight", "0.5"], "leave --kd-weight out"),
                (["--kd-temperature", "2"], "--kd-temperature is of distillation"),
            ] {
                let outcome = try run.anneal("refused", server: server.url, flags)
                #expect(outcome.result.status != 0 && outcome.result.errors.contains(expected))
            }
            for (flags, expected) in [
                (["--logprobs-from", "scores"], "not the teacher's distribution"), ([], "needs a teacher"),
            ] {
                let outcome = try run.anneal("refused", server: nil, ["--objective", "kd"] + flags)
                #expect(outcome.result.status != 0 && outcome.result.errors.contains(expected))
            }
        }
    }
}
