import Foundation
import TestSupport
import Testing

/// Every program that reads a corpus reads the same of it, and says the same.
@Suite(.serialized) struct CorpusReadingTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let documents = ["17 + 25 = 42", "a small boat", "3 + 4 = 7", "the red fox"]
        let lines = documents.map { "{\"prompt\": \"Write.\", \"text\": \"\($0)\", \"domain\": \"web\"}\n" }.joined()
        try directory.write("corpus/part.json", Array(("\u{FEFF}" + lines).utf8))
        try directory.write("corpus/data.csv", Array("a,b".utf8))
        try directory.write("corpus/._part.json", [0, 5])
        try directory.write("corpus/README.md", Array("Four small texts.".utf8))
    }

    private var corpus: [String] {
        ["--corpus", directory.file("corpus"), directory.file("corpus/part.json")]
    }

    private let remarks = [
        "read 2 files, left out 2 (1 .csv, 1 hidden)", "1 file named more than once, read once: ",
        "though it seems to speak about the data: ",
    ]

    private func trainer(_ command: String, _ arguments: [String]) throws -> ProgramResult {
        let student = command == "evaluate" ? "--checkpoint" : "--student"
        return try Program.run(
            "remit-trainer",
            [command, student, Demo.base, "--sequence-length", "64", "--threads", "1"] + corpus + arguments)
    }

    private func run(_ command: String, _ arguments: [String] = []) throws -> ProgramResult {
        try trainer(command, ["--weighting", "ntp", "--steps", "1", "--out", directory.file(command)] + arguments)
    }

    @Test func everyProgramSaysWhatItReadAndLeftOut() async throws {
        try await onThread {
            let results = [
                try trainer("evaluate", []), try run("anneal"), try run("doctor"),
                try Program.run(
                    "remit-server",
                    ["score", "--model", Demo.teacher, "--sequence-length", "64", "--threads", "1"]
                        + ["--out", directory.file("scores")] + corpus),
            ]
            for result in results {
                #expect(result.status == 0, "\(result.errors)")
                for remark in remarks {
                    #expect(
                        (result.output + result.errors).contains(remark), "\(remark)\n\(result.output)\(result.errors)")
                }
            }
            for result in [results[0], results[1], results[3]] {
                #expect(result.errors.contains("corpus: 5 documents, "), "\(result.errors)")
            }
        }
    }

    @Test func heldOutDocumentsThatAreTrainedOnAreSaid() async throws {
        try await onThread {
            let heldOut = ["--eval-corpus", directory.file("corpus/part.json")]
            let annealed = try run("anneal", heldOut)
            #expect(
                annealed.status == 0 && annealed.errors.contains("4 of its 4 documents are in the training corpus too"))
            let examined = try run("doctor", heldOut)
            #expect(examined.status == 0 && examined.output.contains("part.json is trained on too"))
        }
    }

    @Test func aRaisedDomainThatNoDocumentHasEndsTheRun() async throws {
        try await onThread {
            for command in ["anneal", "doctor"] {
                let result = try run(command, ["--weighting", "domain", "--raised-domain", "math"])
                #expect(result.status == 1)
                #expect(
                    (result.output + result.errors).contains("no document of the corpus has this domain"),
                    "\(result.output)\(result.errors)")
            }
        }
    }

    /// Two bytes an id, and the demo's vocabulary needs them: as single bytes they would be other ids.
    @Test func anElementTypeThatIsTooNarrowIsRefused() async throws {
        try await onThread {
            let array = try directory.write("ids.npy", [97, 1, 98, 1, 0, 0, 99, 1, 97, 1, 0, 0])
            let result = try Program.run(
                "remit-trainer",
                ["evaluate", "--checkpoint", Demo.base, "--corpus", array, "--npy-dtype", "uint8", "--threads", "1"])
            #expect(result.status == 1 && result.errors.contains("uint8 holds ids up to 255"), "\(result.errors)")
        }
    }

    /// Each source of a mix has its own field, and its name for a domain.
    @Test func doctorReadsAMixAsTheRunDoes() async throws {
        try await onThread {
            let lines = ["17 + 25 = 42", "3 + 4 = 7"].map { "{\"content\": \"\($0)\", \"text\": 5}\n" }.joined()
            let sums = try directory.write("sums.jsonl", Array(lines.utf8))
            let yaml = """
                sources:
                  web: {paths: \(directory.file("corpus/part.json")), weight: 1}
                  sums: {paths: \(sums), weight: 1, text-field: content, repeat: 2}
                """
            let mix = try directory.write("mix.yaml", Array(("\u{FEFF}" + yaml).utf8))
            for command in ["doctor", "anneal"] {
                for (domain, status) in [("sums", 0), ("web", 0), ("code", 1)] as [(String, Int32)] {
                    let result = try Program.run(
                        "remit-trainer",
                        [command, "--student", Demo.base, "--sequence-length", "64", "--threads", "1", "--mix", mix]
                            + ["--weighting", "domain", "--raised-domain", domain, "--steps", "1"]
                            + ["--out", directory.file("\(command)-\(domain)")])
                    #expect(result.status == status, "\(command) \(domain)\n\(result.output)\(result.errors)")
                }
            }
        }
    }
}
