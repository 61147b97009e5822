import Foundation
import TestSupport
import Testing

/// Orders and phases of a corpus, as processes.
@Suite(.serialized) struct CorpusOrderRunTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let lines = try String(contentsOfFile: Demo.corpus, encoding: .utf8).split(separator: "\n")
        for (name, part) in [("a", lines[..<40]), ("b", lines[40..<80])] {
            try directory.write("\(name).jsonl", Array((part.joined(separator: "\n") + "\n").utf8))
        }
        try directory.write(
            "mix.yaml",
            Array(
                """
                sources:
                  a: {paths: \(directory.file("a.jsonl"))}
                  b: {paths: \(directory.file("b.jsonl"))}
                phases:
                  - {tokens: 900, weights: {a: 3, b: 1}}
                  - {tokens: 600, weights: {b: 1}}
                """.utf8))
    }

    private func run(_ name: String, _ arguments: [String]) throws -> Outcome {
        let result = try Program.run(
            "remit-trainer",
            ["anneal", "--student", Demo.base, "--weighting", "ntp", "--out", directory.file(name), "--threads", "1"]
                + ["--sequence-length", "64", "--batch-sequences", "4", "--learning-rate", "1e-3", "--save-every", "2"]
                + ["--out-dtype", "f32"] + arguments)
        return Outcome(result: result, out: directory.file(name))
    }

    private var files: [String] { ["a.jsonl", "b.jsonl"].map(directory.file) }

    @Test func phasesSayHowLongTheRunIsAndHaveOneSchedule() async throws {
        try await onThread {
            let mix = ["--mix", directory.file("mix.yaml")]
            let whole = try run("whole", mix)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            #expect(whole.result.errors.contains("phase 1 of the mix: 900 tokens: a 75%, b 25%"))
            let phases = try whole.values("phase").map { Int($0) }
            #expect(phases == phases.sorted() && Set(phases) == [1, 2])
            let tokens = try whole.values("tokens").reduce(0, +)
            #expect(abs(tokens - 1500) < 200)
            // Linear over all of it.
            let rates = try whole.values("learning_rate")
            for (step, rate) in rates.enumerated() {
                #expect(abs(rate - 1e-3 * (1 - Double(step) / Double(rates.count))) < 1e-12)
            }
            let lineage = try String(contentsOfFile: whole.out + "/remit.json", encoding: .utf8)
            #expect(lineage.contains(#""phases" : ["#) && lineage.contains(#""tokens" : 900"#))
            for extra in [["--steps", "3"], ["--epochs", "2"]] {
                let refused = try run("refused", mix + extra)
                #expect(refused.result.status == 64, "\(refused.result.errors)")
                #expect(refused.result.errors.contains("leave --steps and --epochs out"))
            }
            // From a checkpoint on the way, as a run that was killed.
            let weights = try whole.weightsFile()
            let again = try run("whole", mix + ["--resume-from", "\(rates.count - rates.count % 2)"])
            #expect(try again.result.status == 0 && again.weightsFile() == weights, "\(again.result.errors)")
        }
    }

    @Test func inTheOrderOfTheFilesAnotherOrderIsAnotherCorpus() async throws {
        try await onThread {
            let flags = ["--order", "files", "--steps", "3"]
            let whole = try run("run", ["--corpus"] + files + flags)
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let seeded = try run("seeded", ["--corpus"] + files + flags + ["--seed", "9"])
            #expect(try seeded.values("loss") == whole.values("loss"))
            let turned = try run("turned", ["--corpus"] + files.reversed() + flags)
            #expect(try turned.values("loss") != whole.values("loss"))
            let refused = try run("run", ["--corpus"] + files.reversed() + flags + ["--resume"])
            #expect(refused.result.status == 1, "\(refused.result.errors)")
            #expect(refused.result.errors.contains("the corpus (by fingerprint)"))
            let other = try run("run", ["--corpus"] + files + ["--steps", "3", "--resume"])
            #expect(
                other.result.status == 1 && other.result.errors.contains("the option order was files and is now none"))
        }
    }
}
