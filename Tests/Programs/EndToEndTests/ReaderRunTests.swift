import Foundation
import TestSupport
import Testing

/// Programs that read corpora, as runs use them: a script of the shell, and that of the package in Python where it is not installed.
@Suite(.serialized) struct ReaderRunTests {
    private let directory: TemporaryDirectory
    private let corpus: String
    private let script: String

    init() throws {
        directory = try TemporaryDirectory()
        corpus = try directory.write("corpus/a.parquet", Array("PAR1".utf8))
        let answer = """
            {"text":"17 + 25 = 42","domain":"sums"}
            {"ids":[97,98,99,100],"mask":[0,1,0,1],"id":"chat"}
            {"text":"3 + 4 = 7","domain":"sums"}
            {"end":3}

            """
        let said = try directory.write("answer", Array(answer.utf8))
        script = try directory.write(
            "reader.sh",
            Array(
                """
                while IFS= read -r line; do
                  printf '%s\\n' "$line" >>'\(directory.file("asked"))'
                  cat '\(said)'
                done
                """.utf8))
    }

    private func arguments(
        _ command: String, _ out: String, reader: String?, student: String = Demo.base, weighting: String = "ntp"
    ) -> [String] {
        let model = [command == "evaluate" ? "--checkpoint" : "--student", student]
        let rest =
            command == "evaluate" ? [] : ["--weighting", weighting, "--steps", "1", "--out", directory.file(out)]
        return [command] + model + [
            "--sequence-length", "64", "--threads", "1", "--corpus", directory.file("corpus"),
        ]
            + rest + (reader.map { ["--reader", "parquet=\($0)"] } ?? [])
    }

    private func run(_ command: String, reader: String?) throws -> ProgramResult {
        try Program.run("remit-trainer", arguments(command, command, reader: reader))
    }

    @Test func everyProgramReadsWhatAProgramGives() async throws {
        try await onThread {
            let reader = "sh '\(script)'"
            let results = [
                try run("evaluate", reader: reader), try run("anneal", reader: reader),
                try Program.run(
                    "remit-server",
                    ["score", "--model", Demo.teacher, "--sequence-length", "64", "--threads", "1", "--corpus"]
                        + [corpus, "--out", directory.file("scores"), "--reader", "PARQUET=\(reader)"]),
            ]
            for result in results {
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.contains("corpus: 3 documents, "), "\(result.errors)")
            }
            let examined = try run("doctor", reader: reader)
            #expect(examined.status == 0 && examined.output.contains("3 documents of it read"), "\(examined.output)")
            let asked = try String(contentsOfFile: directory.file("asked"), encoding: .utf8).split(separator: "\n")
            #expect(asked.allSatisfy { $0.contains("\"read\":\"\(directory.file("corpus"))/a.parquet\"") })
            #expect(asked.allSatisfy { $0.contains("\"tokenizer\":\"") })
            let checked = try Program.run(
                "/usr/bin/env",
                [
                    "python3", Program.root + "/Examples/check_files.py", directory.file("anneal"),
                    directory.file("scores"),
                ])
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }

    /// The reader takes its time, in which another model is put into the student's directory, and its tokenizer goes. The student was trained
    /// as it had been, and named, weighted and resumed as the other; the result had no tokenizer.
    @Test func theStudentIsTheOneThatWasOpened() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            let (student, other) = (directory.file("student"), directory.file("other"))
            try FileManager.default.copyItem(atPath: Demo.base, toPath: student)
            try FileManager.default.copyItem(atPath: Demo.teacher + "/model.safetensors", toPath: other)
            let change = try directory.write(
                "change.sh",
                Array(
                    """
                    mv '\(other)' '\(student)/model.safetensors'
                    rm '\(student)/tokenizer.json'
                    exec sh '\(script)'
                    """.utf8))
            var outcomes: [Outcome] = []
            for (out, reader) in [("still", script), ("changed", change)] {
                let arguments = arguments(
                    "anneal", out, reader: "sh '\(reader)'", student: student, weighting: "remit-static")
                let result = try Program.run(
                    "remit-trainer",
                    arguments + ["--server", server.url, "--out-dtype", "f32", "--learning-rate", "1e-3"])
                #expect(result.status == 0, "\(result.errors)")
                outcomes.append(Outcome(result: result, out: directory.file(out)))
            }
            #expect(!FileManager.default.fileExists(atPath: other))
            let named = try outcomes.map { outcome in
                let lineage = try JSONSerialization.jsonObject(
                    with: Data(contentsOf: URL(fileURLWithPath: outcome.out + "/remit.json")))
                let fingerprints = (lineage as? [String: Any])?["fingerprints"] as? [String: Any]
                return try #require(fingerprints?["student"] as? String)
            }
            #expect(named[0] == named[1])
            #expect(try outcomes[0].weightsFile() == outcomes[1].weightsFile())
            let tokenizers = (outcomes.map(\.out) + [Demo.base]).map {
                FileManager.default.contents(atPath: $0 + "/tokenizer.json")
            }
            #expect(tokenizers[2] != nil && Set(tokenizers).count == 1)
        }
    }

    /// Python without the package, or no Python.
    @Test func aStandardProgramThatIsNotThereIsNamed() async throws {
        try await onThread {
            let result = try Program.run(
                "remit-trainer", arguments("anneal", "anneal", reader: nil),
                environment: ["PYTHONPATH": "", "PATH": directory.path + ":/nowhere"])
            #expect(result.status == 1)
            #expect(result.errors.contains("'python3 -m remit.read' that reads "), "\(result.errors)")
            #expect(result.errors.contains("pip install"), "\(result.errors)")
        }
    }

    /// The file system gives the pid once the program runs; then it says nothing for ever.
    @Test(arguments: [SIGINT, SIGTERM])
    func aSilentProgramEndsWithTheRun(_ signal: Int32) async throws {
        try await onThread {
            let pid = directory.file("pid")
            let reader = "echo $$ >'\(pid)'; read -r line; exec sleep 600"
            let program = try Program(start: "remit-trainer", arguments("anneal", "anneal", reader: reader))
            let text = try program.waitFor("the reader's pid") { _ in
                FileManager.default.contents(atPath: pid).map { String(decoding: $0, as: UTF8.self) }
                    .flatMap { $0.hasSuffix("\n") ? $0.dropLast() : nil }
            }
            program.signal(signal)
            let result = try program.wait()
            #expect(result.status != 0, "\(result.errors)")
            let reading = try #require(Int32(text))
            #expect(kill(reading, 0) != 0)
        }
    }

    @Test func aReaderIsAKindAndAProgram() async throws {
        try await onThread {
            let result = try Program.run(
                "remit-trainer", arguments("anneal", "anneal", reader: nil) + ["--reader", "program"])
            #expect(result.status != 0 && result.errors.contains("invalid for '--reader"), "\(result.errors)")
        }
    }
}
