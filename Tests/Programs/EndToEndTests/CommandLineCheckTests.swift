import Foundation
import TestSupport
import Testing

/// Command lines that are wrong in their last part: found before the corpus is read.
@Suite(.serialized) struct CommandLineCheckTests {
    private func arguments(_ directory: TemporaryDirectory, _ more: [String]) throws -> [String] {
        let corpus = try directory.write("corpus.jsonl", Data("{\"text\": \"1 + 1 = 2\"}\n".utf8))
        return [
            "anneal", "--student", Demo.base, "--corpus", corpus, "--out", directory.file("out"), "--weighting", "ntp",
            "--steps", "1", "--sequence-length", "16",
        ] + more
    }

    /// `BAD` is a place that is not there, `BELOW` one below a file: nothing can be read from the one nor made at the other.
    @Test(arguments: [
        "anneal ANNEAL --load-optimizer BAD", "anneal ANNEAL --eval-corpus BAD", "anneal ANNEAL --ca-file BAD",
        "anneal ANNEAL --api-key-file BAD", "anneal ANNEAL --tensorboard BELOW", "anneal ANNEAL --token-cache BELOW",
        "anneal --student BASE --corpus CORPUS --out OUT --logprobs-from BAD",
        "anneal --student BASE --corpus CORPUS --out BELOW --weighting ntp",
        "anneal --student BAD --corpus CORPUS --out OUT --weighting ntp",
        "evaluate --checkpoint BAD --tasks all", "evaluate --checkpoint BASE --tasks all --corpus BAD",
        "evaluate --checkpoint BASE --tasks all --corpus CORPUS --token-cache BELOW",
        "reinforce --student BASE --out BELOW --steps 1", "reinforce --student BAD --out OUT --steps 1",
        "reinforce --student BASE --out OUT --steps 1 --prompts BAD --reward cat",
        "flywheel --preset smoke --out BELOW",
        "tasks --tokenizer BELOW --corpus OUT", "tasks --tokenizer OUT --corpus BELOW",
        "tasks --corpus OUT --checkpoint BAD --drop-share 0.5", "report BAD",
        "weights --server http://127.0.0.1:9 --file BAD", "weights --server http://127.0.0.1:9 --text a --ca-file BAD",
        "weights --server http://127.0.0.1:9 --text a --api-key-file BAD", "verify BAD",
    ])
    func aPathThatCannotBeUsedIsFoundBeforeAnythingBegins(_ line: String) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let corpus = try directory.write("corpus.jsonl", Data("{\"text\": \"1 + 1 = 2\"}\n".utf8))
            let places = [
                "ANNEAL": "--student BASE --corpus CORPUS --out OUT --weighting ntp --steps 1 --sequence-length 16",
                "BASE": Demo.base, "CORPUS": corpus, "OUT": directory.file("out"), "BAD": directory.file("nowhere"),
                "BELOW": corpus + "/below",
            ]
            let words = line.split(separator: " ").flatMap { word in
                (places[String(word)] ?? String(word)).split(separator: " ").map { places[String($0)] ?? String($0) }
            }
            let result = try Program.run("remit-trainer", words)
            let isNamed = result.errors.contains("nowhere") || result.errors.contains("below")
            #expect(result.status == 1 && isNamed, "\(result.errors)")
            #expect(result.errors.count { $0 == "\n" } == 1, "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: directory.file("out")), "\(result.errors)")
        }
    }

    @Test func aFlagWinsOverItsAlternativeInTheFile() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let corpus = try directory.write("corpus.jsonl", Data("{\"text\": \"1 + 1 = 2\"}\n".utf8))
            let config = try directory.write(
                "run.yaml",
                Data(
                    """
                    model: {model_type: llama, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1,
                            num_attention_heads: 2, vocab_size: 4096}
                    tokenizer: \(Demo.base)
                    data: {mix: \(directory.file("nowhere.yaml")), sequence-length: 16}
                    optimizer: {epochs: 3}
                    run: {out: \(directory.file("out"))}
                    """.utf8))
            let result = try Program.run(
                "remit-trainer", ["pretrain", "--config", config, "--steps", "2", "--corpus", corpus])
            #expect(result.status == 0, "\(result.errors)")
            let log = try String(contentsOfFile: directory.file("out/log.jsonl"), encoding: .utf8)
            #expect(log.split(separator: "\n").count == 2)
        }
    }

    /// It was tried for 294 s, whatever --outage-after said.
    @Test func theOutagePolicyHoldsFromTheFirstRequest() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let corpus = try directory.write("corpus.jsonl", Data("{\"text\": \"1 + 1 = 2\"}\n".utf8))
            let result = try Program.run(
                "remit-trainer",
                [
                    "anneal", "--student", Demo.base, "--corpus", corpus, "--out", directory.file("out"), "--steps",
                    "1",
                    "--server", "http://127.0.0.1:9", "--on-outage", "abort", "--outage-after", "300ms",
                ], timeout: 120)
            #expect(result.status == 1 && result.errors.contains("no server has answered for"), "\(result.errors)")
        }
    }

    /// 1 told a script nothing that a failed run does not.
    @Test(arguments: [
        ("remit-server", ["--modle", "d"]), ("remit-server", ["sevre"]),
        ("remit-server", ["--model", "d", "--port", "-1"]),
        ("remit-server", ["--model", "d", "--admin-without-key"]), ("remit-trainer", ["anel"]),
        ("remit-trainer", ["anneal", "--learning-rte", "1"]), ("remit-trainer", ["verify"]),
        ("remit-trainer", ["anneal", "--student", "s", "--corpus", "c", "--out", "o"]),
        ("remit-trainer", ["anneal", "--student", "s", "--corpus", "c", "--out", "o", "--weighting", "remti"]),
        ("remit-trainer", ["evaluate", "--checkpoint", "c", "--tasks", "aditon"]), ("remit-trainer", ["tasks"]),
        ("remit-trainer", ["tasks", "--corpus", "c", "--drop-share", "0.5"]),
        ("remit-trainer", ["tasks", "--corpus", "c", "--facts", "A \"b\""]),
        ("remit-trainer", ["tasks", "--corpus", "c", "--facts", "a", "--documents", "100001"]),
        ("remit-trainer", ["tasks", "--corpus", "c", "--checkpoint", "c"]),
        ("remit-trainer", ["weights", "--server", "nothing", "--text", "a"]),
        ("remit-trainer", ["reinforce", "--student", "s", "--out", "o", "--steps", "1", "--updates-per-step", "5"]),
        ("remit-trainer", ["reinforce", "--student", "s", "--out", "o", "--steps", "1", "--reward", "aditon"]),
        ("remit-trainer", ["reinforce", "--student", "s", "--out", "o", "--steps", "1", "--reward", "addition,sort"]),
    ])
    func aWrongCommandLineHasAStatusOfItsOwn(_ program: String, _ arguments: [String]) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let result = try Program.run(program, arguments, currentDirectory: directory.file("."))
            #expect(result.status == 64 && result.output.isEmpty, "\(result.errors)")
            #expect(
                result.errors.hasPrefix(program + ": ") && result.errors.count { $0 == "\n" } == 1, "\(result.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file(".")).isEmpty)
        }
    }

    private static let anneal = ["anneal", "--student", "s", "--corpus", "c", "--out", "o"]
    private static let distil = anneal + ["--server", "http://127.0.0.1:9", "--objective", "kd"]
    private static let weights = ["weights", "--server", "http://127.0.0.1:9", "--text", "a"]
    private static let score = ["score", "--model", "d", "--out", "o"]
    private static let parallel = score + ["--corpus", "c", "--sequence-length", "8", "--form", "parallel"]

    /// A flag that is given and would do nothing.
    @Test(arguments: [
        ("remit-trainer", anneal + ["--weighting", "ntp", "--eval-every", "5"], "--eval-corpus"),
        ("remit-trainer", anneal + ["--weighting", "ntp", "--kd-top-k", "5"], "--kd-top-k is of distillation"),
        ("remit-trainer", anneal + ["--weighting", "ntp", "--kd-weight", "1"], "--kd-weight is of distillation"),
        ("remit-trainer", anneal + ["--weighting", "ntp", "--teacher", "t"], "--server URL"),
        ("remit-trainer", anneal + ["--logprobs-from", "f", "--teacher", "t"], "--server URL"),
        ("remit-trainer", anneal + ["--weighting", "ntp", "--teacher", "math=t"], "needs a --server"),
        ("remit-trainer", distil + ["--epsilon", "0.2"], "leave --epsilon out"),
        ("remit-trainer", distil + ["--centering", "document"], "leave --centering out"),
        ("remit-trainer", distil + ["--keep-fraction", "0.5"], "leave --keep-fraction out"),
        ("remit-trainer", distil + ["--hedge-after", "5s"], "--hedge-after needs a second --server"),
        ("remit-server", parallel + ["--engine-label", "fp8"], "--engine-label without --engine"),
        ("remit-server", parallel + ["--engine-state", "s"], "--engine-state without --engine"),
        ("remit-server", parallel + ["--epsilon", "0.2"], "--base DIR"),
        ("remit-server", parallel + ["--lease", "5m"], "--plan"),
        ("remit-server", score + ["--plan", "p", "--unit", "chunk"], "leave --unit out"),
    ])
    func aFlagThatWouldDoNothingIsRefused(_ program: String, _ arguments: [String], _ expected: String) async throws {
        try await onThread { try expectRefusal(program, arguments, expected) }
    }

    /// What is expected is said with what was got.
    @Test(arguments: [
        ("remit-server", ["--model", "d", "--engine", "vllm"], "expected vllm=URL or sglang=URL"),
        ("remit-server", ["--model", "d", "--port-file", "/dev/null/port"], "--port-file"),
        (
            "remit-server", ["--model", "d", "--engine", "vllm=http://127.0.0.1:9", "--engine-state", "/dev/null/s"],
            "--engine-state"
        ),
        ("remit-trainer", anneal + ["--teacher", "=a"], "expected NAME or DOMAIN=NAME"),
        ("remit-trainer", anneal + ["--weighting", "remitt"], "program=COMMAND"),
        ("remit-trainer", weights + ["--weighting", "random"], "the server weighs here"),
        ("remit-trainer", weights + ["--weighting", "program=x"], "remit, remit-static, ntp, rho1"),
    ])
    func whatIsExpectedIsSaid(_ program: String, _ arguments: [String], _ expected: String) async throws {
        try await onThread { try expectRefusal(program, arguments, expected) }
    }

    private func expectRefusal(_ program: String, _ arguments: [String], _ expected: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(program, arguments, currentDirectory: directory.file("."))
        #expect(result.status == 64 && result.errors.contains(expected), "\(result.errors)")
        #expect(result.errors.count { $0 == "\n" } == 1, "\(result.errors)")
        #expect(!result.errors.contains("Error Domain"))
    }

    @Test func resultsOfAPlanAreToBeMergedBeforeTheyAreVerified() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            _ = try directory.write("results/range-000000.json", Array("{}\n".utf8))
            let result = try Program.run("remit-trainer", ["verify", directory.file("results")])
            #expect(result.status == 1 && result.errors.contains("python -m remit.score merge"), "\(result.errors)")
        }
    }

    @Test func aFingerprintThatIsNotRememberedIsSaid() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let line = ["fingerprint", Demo.base, "--cache"]
            let kept = try Program.run("remit-server", line + [directory.file("cache")])
            #expect(kept.status == 0 && kept.errors.isEmpty)
            let lost = try Program.run("remit-server", line + [directory.file("nowhere/cache")])
            #expect(lost.status == 0 && lost.output == kept.output)
            #expect(lost.errors.contains("the fingerprint is not remembered: "), "\(lost.errors)")
        }
    }

    @Test func aRewardThatNobodyCanGiveIsRefusedBeforeTheStudentIsRead() async throws {
        try await onThread {
            let result = try Program.run(
                "remit-trainer",
                ["reinforce", "--student", "/nowhere", "--out", "/nowhere/o", "--steps", "1", "--reward", "aditon"])
            let expected = "'aditon' is neither a task family nor a program that can be run; did you mean 'addition'?"
            #expect(result.errors.contains(expected), "\(result.errors)")
        }
    }
}
