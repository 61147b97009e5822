import Foundation
import TestSupport
import Testing

/// What the pages say is tried.
@Suite(.serialized) struct DocumentationTests {
    @Test func theExamplesRun() async throws {
        let blocks = try Documentation.pages().flatMap { page in
            page.text.matches(of: /<!-- tested -->\n```sh\n(.*?)```/.dotMatchesNewlines()).map { String($0.output.1) }
        }
        #expect(blocks.count >= 4)
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            for block in blocks {
                // --fail-with-body: an example that is answered with an error is a failed example.
                let script =
                    "set -euo pipefail\n"
                    + block.replacing("http://127.0.0.1:8080", with: server.url)
                    .replacing("curl -s", with: "curl -sS --fail-with-body")
                let result = try Program.run("/bin/bash", ["-c", script], currentDirectory: Program.root)
                #expect(result.status == 0, "\(block)\n\(result.output)\(result.errors)")
                #expect(!result.output.isEmpty)
            }
        }
    }

    @Test func theFlagsAreThoseOfThePrograms() async throws {
        try await onThread {
            let result = try Program.run(Program.root + "/scripts/make-flags", ["--check", Program.folder])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
        }
    }

    /// The picture shows the weights that the demo pair gives.
    @Test func thePictureIsTrue() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let result = try Program.run(
                Program.root + "/scripts/make-picture", ["--check"], environment: ["URL": server.url])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
        }
    }

    /// The lines of tokens that README shows are those of the text that scripts/run colours. (Kernel paths differ in the last digit.)
    @Test func theTokensShownAreThoseOfTheDemoPair() async throws {
        let run = try String(contentsOfFile: Program.root + "/scripts/run", encoding: .utf8)
        let text = try #require(run.firstMatch(of: /text=\$\{1:-"(.*)"\}/)).output.1
        let shown = Self.tokenLines(try Documentation.page("README.md").text)
        #expect(shown.count >= 3)
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let result = try Program.run(
                "remit-trainer", ["weights", "--server", server.url, "--color", "never", "--text", String(text)])
            #expect(result.status == 0, "\(result.errors)")
            let found = Self.tokenLines(result.output)
            for line in shown {
                let isThere = found.contains { other in
                    other.token == line.token && zip(other.numbers, line.numbers).allSatisfy { abs($0 - $1) < 0.002 }
                }
                #expect(isThere, "\(line)")
            }
        }
    }

    /// `" ="   0.8000   -0.000   -0.002`: weight, teacher, student.
    private static func tokenLines(_ text: String) -> [(token: String, numbers: [Double])] {
        text.matches(of: /(?m)^("[^"\n]*") +([0-9.]+) +(-[0-9.]+) +(-[0-9.]+)/).map { match in
            let numbers = [match.output.2, match.output.3, match.output.4].compactMap { Double($0) }
            return (String(match.output.1), numbers)
        }
    }

    /// A reader that knows docs/file-formats.md alone reads what the programs leave, and finds every digest.
    @Test func theFilesAreAsTheyAreDescribed() async throws {
        let trainer = try TrainerRun(lines: 40)
        let directory = trainer.directory
        let (run, scores, store) = (directory.file("run"), directory.file("scores"), directory.file("store"))
        try await onThread {
            let scored = try Program.run(
                "remit-server",
                [
                    "score", "--model", Demo.teacher, "--tokenizer", Demo.base, "--corpus", trainer.corpus,
                    "--sequence-length", "64", "--shard-tokens", "512", "--out", scores,
                ])
            #expect(scored.status == 0, "\(scored.errors)")
            let ids: [UInt8] = (0..<90).map { $0 % 9 == 8 ? 0 : 20 + $0 }
            let tokens = try directory.write("beside/tokens.npy", ids.flatMap { [$0, 0] })
            let beside = try Program.run(
                "remit-server",
                [
                    "score", "--form", "parallel", "--model", Demo.teacher, "--base", Demo.base, "--corpus", tokens,
                    "--npy-dtype", "uint16", "--sequence-length", "16", "--out", directory.file("beside"),
                ])
            #expect(beside.status == 0, "\(beside.errors)")
            let server = try LiveServer(model: Demo.teacher, base: Demo.base, arguments: ["--store", store])
            let trained = try trainer.anneal(
                "run", server: server.url, steps: 2,
                [
                    "--save-every", "1", "--export-every", "1", "--ema", "0.9", "--keep-best", "--eval-corpus",
                    Demo.heldOut, "--eval-every", "1",
                ])
            #expect(trained.result.status == 0, "\(trained.result.errors)")
            #expect(try server.stop() == 0)
            // A process that was killed as it tokenized.
            _ = try directory.write("run/tokens/0a.partial-elsewhere.7.b/tokens.i32", [1, 2, 3])
            let checker = Program.root + "/Examples/check_files.py"
            let result = try Program.run(
                "/usr/bin/env",
                ["python3", checker, run, scores, store, tokens + ".scores.json", tokens + ".weights.json"])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            for part in [
                "after step 1", "after step 2", "anneal, 2 steps", "segments, ", "documents, ", "scores.sqlite: ",
                "logprobs of 80 of 90 items", "weights of 80 of 90 items", "/run/ema: anneal, 2 steps",
                "/run/best: anneal, ", "/run/best/ema: anneal, ", "/run/exports/step-00000001/ema: anneal, 1 steps",
            ] {
                #expect(result.output.contains(part), "\(part): \(result.output)")
            }
            // It looks at the bytes: a turned bit is found.
            let shard = scores + "/logprobs-000001.safetensors"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: shard))
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: URL(fileURLWithPath: shard))
            let damaged = try Program.run("/usr/bin/env", ["python3", checker, scores])
            #expect(damaged.status == 1 && damaged.errors.contains("logprobs-000001"), "\(damaged.errors)")
        }
    }
}
