import RunFiles
import Checkpoints
import CommandLines
import RemitTrainer
import TestSupport
import Testing

struct ArgumentTests {
    private func sources(_ command: String) throws -> ArgumentSources {
        ArgumentSources(options: try #require(try ArgumentCatalog(RemitTrainer.self).command(of: [command])).options)
    }

    @Test(arguments: ["anneal", "pretrain", "evaluate", "weights"])
    func everyOptionHasAVariable(_ command: String) throws {
        let options = try sources(command).options
        #expect(options.count > 5)
        #expect(options.allSatisfy { $0.environmentName.hasPrefix("REMIT_") && !$0.environmentName.contains("-") })
    }

    @Test func aFlagWinsOverTheEnvironment() throws {
        let completed = try sources("anneal").completed(
            ["anneal", "--learning-rate", "1", "--seed=2"],
            environment: [
                "REMIT_LEARNING_RATE": "5", "REMIT_SEED": "6", "REMIT_OUT": "o", "REMIT_SERVER": "http://a,http://b",
                "REMIT_RESUME": "true", "REMIT_SKIP_BAD_LINES": "0", "REMIT_EPSILON": "",
            ])
        #expect(Set(completed.dropFirst(4)) == ["--out=o", "--server=http://a", "--server=http://b", "--resume"])
    }

    @Test func aSwitchIsTrueOrFalse() throws {
        let anneal = try sources("anneal")
        #expect(throws: (any Error).self) {
            try anneal.completed(["anneal"], environment: ["REMIT_RESUME": "maybe"])
        }
    }

    @Test func aConfigurationFileGivesWhatIsMissing() throws {
        let directory = try TemporaryDirectory()
        let yaml = """
            model: {model_type: llama, hidden_size: 64}
            tokenizer: words/
            data:
              corpus: [a.jsonl, b.jsonl]
            optimizer:
              learning-rate: 1.0e-3
              epochs: 2
            run: {out: model, resume: true}
            """
        let path = try directory.write("c.yaml", Array(yaml.utf8))
        let configuration = try PretrainConfiguration(path)
        #expect(try configuration.model.int("hidden_size") == 64)
        let completed = try sources("pretrain").completed(
            ["pretrain", "--epochs", "1"], values: configuration.flags, file: path)
        #expect(
            Set(completed.dropFirst(3)) == [
                "--tokenizer=words/", "--corpus=a.jsonl", "--corpus=b.jsonl", "--learning-rate=0.001", "--out=model",
                "--resume",
            ])
        #expect(throws: (any Error).self) {
            try sources("pretrain").completed([], values: ["learnin-rate": ["1"]], file: path)
        }
    }

    /// The last of them counted, of a switch the first.
    @Test(arguments: [
        ("optimizer: {learning-rate: [1.0e-3, 1.0e-4]}", "learning-rate takes one value, got 2"),
        ("run: {resume: [false, true]}", "resume takes one value, got 2"), ("seed: []", "seed takes one value, got 0"),
    ])
    func aListForOneValueIsRefused(_ line: String, _ reason: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("c.yaml", Array(("model: {a: 1}\n" + line + "\n").utf8))
        // Also where a flag wins over it.
        for more in [[], ["--seed", "1", "--learning-rate", "1"]] {
            let error = #expect(throws: (any Error).self) {
                try RemitTrainer.fullArguments(["pretrain", "--config", file] + more, environment: [:])
            }
            #expect(error.map { "\($0)" }?.contains("\(file): \(reason)") == true, "\(String(describing: error))")
        }
    }

    /// Of what excludes one another, what the nearer place gives: flag, environment, file.
    @Test func anAlternativeWinsAsItsPlaceDoes() throws {
        let directory = try TemporaryDirectory()
        let yaml = "model: {a: 1}\noptimizer: {epochs: 2}\ndata: {mix: m.yaml}\n"
        let file = try directory.write("c.yaml", Array(yaml.utf8))
        func completed(_ more: [String], _ environment: [String: String]) throws -> Set<String> {
            Set(try RemitTrainer.fullArguments(["pretrain", "--config", file] + more, environment: environment))
        }
        #expect(try completed([], [:]).isSuperset(of: ["--epochs=2", "--mix=m.yaml"]))
        let ofEnvironment = try completed([], ["REMIT_STEPS": "5", "REMIT_CORPUS": "a,b"])
        #expect(ofEnvironment == ["pretrain", "--config", file, "--steps=5", "--corpus=a", "--corpus=b"])
        let ofFlag = try completed(["--steps", "7"], ["REMIT_EPOCHS": "3"])
        #expect(ofFlag == ["pretrain", "--config", file, "--steps", "7", "--mix=m.yaml"])
        // In one place they contradict each other, which is an error later.
        #expect(
            try completed([], ["REMIT_STEPS": "5", "REMIT_EPOCHS": "3"]).isSuperset(of: ["--steps=5", "--epochs=3"]))
    }

    /// The model was the last one's, the options were the first one's.
    @Test func aSecondConfigurationFileIsRefused() throws {
        let directory = try TemporaryDirectory()
        let files = try ["a.yaml", "b.yaml"].map { try directory.write($0, Array("model: {a: 1}\nseed: 1\n".utf8)) }
        for more in [["--config", files[1]], ["--config=" + files[1]]] {
            let error = #expect(throws: (any Error).self) {
                try RemitTrainer.fullArguments(["pretrain", "--config", files[0]] + more, environment: [:])
            }
            let said = error.map { "\($0)" } ?? ""
            #expect(said.contains("--config is given 2 times") && said.contains("b.yaml"), "\(said)")
        }
        let one = try RemitTrainer.fullArguments(["pretrain", "--config", files[0]], environment: [:])
        #expect(one == ["pretrain", "--config", files[0], "--seed=1"])
    }

    /// Which of two values counted would be chance.
    @Test(arguments: ["data: {seed: 1}\nrun: {seed: 2}", "seed: 1\noptimizer: {seed: 1}"])
    func aFlagInTwoPlacesOfAConfigurationFileIsRefused(_ flags: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("c.yaml", Array(("model: {model_type: llama}\n" + flags).utf8))
        let error = #expect(throws: (any Error).self) { _ = try PretrainConfiguration(path) }
        #expect(error.map { "\($0)" }?.contains("'seed' is given in two places") == true)
    }

    @Test(arguments: [
        ("made: 2020-01-01", "'model.made' is "), ("a: {b: [1, .nan]}", "'model.a.b[1]' is nan"),
        ("a: .inf", "'model.a' is inf"),
    ])
    func whatAConfigCannotHoldIsRefusedByItsField(_ field: String, _ reason: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("c.yaml", Array("model: {model_type: llama, \(field)}\n".utf8))
        let error = #expect(throws: (any Error).self) { _ = try PretrainConfiguration(path) }
        let said = error.map { "\($0)" } ?? ""
        #expect(said.contains(reason) && said.contains("which a config.json cannot hold"), "\(said)")
    }
}
