import Foundation
import Tensors
import TestSupport
import Testing

/// Programs on a kernel path that is not the CPU's best.
@Suite(.serialized) struct KernelPathTests {
    @Test func aServerTakesThePathThatItIsTold() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, arguments: ["--kernel-path", "portable"])
            let info = try Self.object(try server.get("/info").body)
            #expect(info["kernel_path"] as? String == "portable")
            #expect((info["settings"] as? [String: Any])?["kernel_path"] as? String == "portable")
            let ask = #"{"inputs": [{"text": "17 + 25 = 42"}]}"#
            let portable = try Self.object(try server.post("/v1/logprobs", ask).body)
            let best = try LiveServer(model: Demo.teacher)
            let other = try Self.object(try best.post("/v1/logprobs", ask).body)
            #expect(
                (portable["scores_fingerprint"] as? String == other["scores_fingerprint"] as? String)
                    == (KernelPath.best == .portable))
        }
    }

    @Test func aScoringKeepsToThePathOfItsManifest() async throws {
        try await onThread {
            let run = try TrainerRun()
            func score(_ path: [String]) throws -> ProgramResult {
                try Program.run(
                    "remit-server",
                    [
                        "score", "--model", Demo.teacher, "--corpus", run.corpus, "--sequence-length", "64",
                        "--threads", "1",
                    ]
                        + ["--out", run.directory.file("scores")] + path)
            }
            let first = try score(["--kernel-path", "portable"])
            #expect(first.status == 0 && first.errors.contains("the portable kernels"), "\(first.errors)")
            guard KernelPath.best != .portable else { return }
            #expect(try score([]).status != 0)
        }
    }

    @Test func aRunResumesOnItsPathAlone() async throws {
        try await onThread {
            let run = try TrainerRun()
            let flags = ["--weighting", "ntp", "--save-every", "2", "--kernel-path", "portable"]
            let first = try run.anneal("run", server: nil, flags)
            #expect(first.result.status == 0, "\(first.result.errors)")
            let lineage = try Self.object(String(contentsOfFile: first.out + "/remit.json", encoding: .utf8))
            let path = try #require(lineage["kernel_path"] as? String)
            #expect(path.contains(/^portable, OpenBLAS \w+ \d+\.\d+/) && lineage["numerics_version"] as? Int == 2)
            guard KernelPath.best != .portable else { return }
            try FileManager.default.removeItem(atPath: first.out + "/checkpoints/step-00000003.safetensors")
            let refused = try run.anneal(
                "run", server: nil, ["--weighting", "ntp", "--save-every", "2", "--resume"])
            #expect(refused.result.status == 1 && refused.result.errors.contains("kernel path"))
            // As remit.json names it.
            let resumed = try run.anneal(
                "run", server: nil,
                ["--weighting", "ntp", "--save-every", "2", "--resume", "--kernel-path", path])
            #expect(resumed.result.status == 0, "\(resumed.result.errors)")
            let evaluation = try Program.run(
                "remit-trainer",
                ["evaluate", "--checkpoint", Demo.base, "--corpus", run.corpus, "--kernel-path", "sse9"])
            #expect(evaluation.status != 0 && evaluation.errors.contains("avx512bf16"), "\(evaluation.errors)")
        }
    }

    private static func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }
}
