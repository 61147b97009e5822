import Foundation
import TestSupport
import Testing

/// What a model's files say of special tokens, where they say it beside each other: every command says so before it computes.
@Suite(.serialized) struct TokenAgreementTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A copy of a demo model whose files hold other members.
    private func copy(_ model: String, _ name: String, _ changes: [String: [String: Any]]) throws -> String {
        let path = directory.file(name)
        try FileManager.default.copyItem(atPath: model, toPath: path)
        for (file, members) in changes {
            let url = URL(fileURLWithPath: path + "/" + file)
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
            try JSONSerialization.data(withJSONObject: object.merging(members) { $1 }).write(to: url)
        }
        return path
    }

    private func thinking(_ model: String, _ name: String, _ tokens: [String] = ["<think>"]) throws -> String {
        try copy(model, name, ["tokenizer_config.json": ["extra_special_tokens": tokens]])
    }

    @Test func theServerReadsTokensBesideTokenizerJSON() async throws {
        try await onThread {
            let server = try LiveServer(model: thinking(Demo.teacher, "teacher"))
            let answer = try server.post("/v1/tokenize", #"{"text": "<think>17"}"#)
            #expect(answer.body.hasPrefix(#"{"tokenizer_fingerprint":"#) && answer.body.contains(#""token_ids":[594,"#))
            #expect(
                server.program.errors.contains(
                    #"tokenizer.json lacks, read as transformers reads them: "<think>" (594)"#))
        }
    }

    /// The student's token is one of the spare rows of the teacher's embedding: only its tokenizer knows that it is none.
    @Test func aTokenThatTheTeacherDoesNotKnowIsAnErrorOnlyWhereItOccurs() async throws {
        try await onThread {
            let run = try TrainerRun()
            let student = try thinking(Demo.base, "student")
            let thoughts = try run.directory.write(
                "thoughts.jsonl", Array("{\"id\": \"t\", \"text\": \"17 <think> 25\"}\n".utf8))
            let server = try LiveServer(model: Demo.teacher)
            let plain = try run.anneal("plain", server: server.url, student: student)
            #expect(plain.result.status == 0, "\(plain.result.errors)")
            #expect(plain.result.errors.contains("as other tokens or not at all: \"<think>\" (594)"))
            let held = try run.anneal("held", server: server.url, student: student, ["--corpus", thoughts])
            #expect(held.result.status == 1, "\(held.result.errors)")
            #expect(held.result.errors.contains("(t) of corpus holds the token 594"), "\(held.result.errors)")
            #expect(try held.steps().isEmpty)
            let doctor = try Program.run(
                "remit-trainer",
                ["doctor", "--student", student, "--corpus", thoughts, "--sequence-length", "64", "--threads", "1"]
                    + ["--out", run.directory.file("none"), "--server", server.url])
            #expect(doctor.status == 1 && doctor.output.contains("holds the token 594"), "\(doctor.output)")
            let scored = try Program.run(
                "remit-server",
                ["score", "--model", Demo.teacher, "--tokenizer", student, "--corpus", thoughts]
                    + ["--sequence-length", "64", "--out", run.directory.file("scores"), "--threads", "1"])
            #expect(scored.status == 1 && scored.errors.contains("holds the token 594"), "\(scored.errors)")

            let other = try LiveServer(model: thinking(Demo.teacher, "same"))
            let both = try run.anneal("both", server: other.url, student: student, ["--corpus", thoughts])
            #expect(both.result.status == 0 && !both.result.errors.contains("not at all"), "\(both.result.errors)")
            let swapped = try LiveServer(model: thinking(Demo.teacher, "swapped", ["<x>", "<think>"]))
            let refused = try run.anneal("swapped", server: swapped.url, student: student, ["--corpus", thoughts])
            #expect(refused.result.status == 1 && refused.result.errors.contains("holds the token 594"))
        }
    }

    /// 46 spare rows, 47 tokens.
    @Test func aTokenWithoutARowIsAnErrorOnlyWhereItOccurs() async throws {
        try await onThread {
            let run = try TrainerRun()
            let student = try thinking(Demo.base, "student", (0..<47).map { "<t\($0)>" })
            let plain = try run.anneal("plain", server: nil, student: student, ["--weighting", "ntp"])
            #expect(plain.result.status == 0, "\(plain.result.errors)")
            #expect(plain.result.errors.contains("beyond the embedding of 640 rows (vocab_size): \"<t46>\" (640)"))
            for (token, status) in [("<t45>", Int32(0)), ("<t46>", 1)] {
                let corpus = try run.directory.write("t.jsonl", Array("{\"text\": \"17 \(token) 25\"}\n".utf8))
                let trained = try run.anneal(
                    "run" + token, server: nil, student: student, ["--weighting", "ntp", "--corpus", corpus])
                let evaluated = try Program.run(
                    "remit-trainer", ["evaluate", "--checkpoint", student, "--corpus", corpus, "--threads", "1"])
                for result in [trained.result, evaluated] {
                    #expect(result.status == status, "\(result.errors)")
                    #expect(result.errors.contains("holds the token 640 at position") == (status == 1))
                }
            }
        }
    }

    /// config.json names 5, the tokenizer 0.
    @Test func everyCommandSaysThatTheEndsDiffer() async throws {
        try await onThread {
            let run = try TrainerRun()
            let model = try copy(Demo.base, "other-end", ["config.json": ["eos_token_id": 5]])
            let none = try copy(
                Demo.base, "no-end",
                ["config.json": ["eos_token_id": NSNull()], "tokenizer_config.json": ["eos_token": NSNull()]])
            let (differ, nothing) = ("the tokenizer's eos_token is 0", "no end-of-sequence")
            let array = try run.directory.write(
                "a.npy", [97, 98, 0, 99, 5, 100, 0].flatMap { [UInt8($0), 0] })
            for (path, said) in [(model, differ), (none, nothing)] {
                let score = ["--sequence-length", "64", "--threads", "1", "--out", run.directory.file("s" + said)]
                let commands: [(String, [String])] = [
                    (
                        "remit-trainer",
                        run.arguments("anneal" + said, servers: [], student: path) + ["--weighting", "ntp"]
                    ),
                    (
                        "remit-trainer",
                        ["doctor", "--student", path, "--corpus", run.corpus, "--sequence-length", "64"]
                            + ["--weighting", "ntp", "--out", run.directory.file("none"), "--threads", "1"]
                    ),
                    ("remit-trainer", ["evaluate", "--checkpoint", path, "--corpus", run.corpus, "--threads", "1"]),
                    (
                        "remit-trainer",
                        [
                            "reinforce", "--student", path, "--reward", "addition", "--steps", "1",
                            "--prompts-per-step", "1",
                        ]
                            + ["--samples-per-prompt", "2", "--out", run.directory.file("r" + said), "--threads", "1"]
                    ),
                    ("remit-server", ["score", "--model", path, "--corpus", run.corpus] + score),
                ]
                for (program, arguments) in commands {
                    let result = try Program.run(program, arguments)
                    #expect((result.output + result.errors).contains(said), "\(arguments[0]): \(result.errors)")
                }
                let server = try LiveServer(model: path)
                #expect(server.program.errors.contains(said))
            }
            let cut = try run.anneal("cut", server: nil, student: model, ["--weighting", "ntp", "--corpus", array])
            #expect(
                cut.result.status == 1
                    && cut.result.errors.contains("closed by 0, but those of this model by its eos_token_id 5"))
        }
    }
}
