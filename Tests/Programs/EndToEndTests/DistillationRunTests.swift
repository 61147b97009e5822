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

    @Test func whatItCannotDoIsSaidBeforeTheFirstStep() async throws {
        try await onThread {
            let run = try TrainerRun()
            let server = try LiveServer(model: Demo.teacher)
            for (flags, expected) in [
                (["--kd-top-k", "65"], "at most 64"),
                (["--kd-weight", "0"], "for '--kd-weight <number>': expected a number, above 0, at most 1"),
                (["--weighting", "rho1"], "no token weights"), (["--weights-at", "server"], "no token weights"),
                (["--normalizer", "weights"], "--normalizer is weights"),
            ] {
                let outcome = try run.anneal("refused", server: server.url, ["--objective", "kd"] + flags)
                #expect(outcome.result.status != 0)
                #expect(outcome.result.errors.contains(expected), "\(outcome.result.errors)")
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
