import Checkpoints
import TestSupport
import Testing

/// What is no model by itself is named for what it is.
struct ModelDirectoryTests {
    private static let pointer = Array(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 988097824\n".utf8)

    private func refusal(_ files: [(name: String, contents: String)], _ body: (String) throws -> Void) throws -> String
    {
        let directory = try TemporaryDirectory()
        for (name, contents) in files { try directory.write(name, Array(contents.utf8)) }
        do {
            try body(directory.path)
            return "accepted"
        } catch {
            return "\(error)".replacing(directory.path, with: "DIR")
        }
    }

    private func refusal(ofModel files: [(name: String, contents: String)]) throws -> String {
        try refusal(files) { _ = try Checkpoint(directory: $0) }
    }

    @Test(arguments: [
        ["adapter_config.json"], ["adapter_config.json", "adapter_model.safetensors"], ["adapter_model.bin"],
        ["adapter_model.safetensors"], ["adapter_model-00001-of-00002.safetensors"],
        ["adapter_config.json", "adapters.safetensors"],
    ])
    func anAdapterIsRefusedBesideWeightsAndAlone(_ names: [String]) throws {
        let configuration = #"{"peft_type": "LORA", "base_model_name_or_path": "org/base"}"#
        let adapter = names.map { (name: $0, contents: $0.hasSuffix("json") ? configuration : "x") }
        for beside in [[], [(name: "config.json", contents: "{}"), (name: "model.safetensors", contents: "")]] {
            let error = try refusal(ofModel: beside + adapter)
            #expect(
                error.contains("DIR: holds a LORA adapter") || error.contains("DIR: holds a LoRA adapter"), "\(error)")
            #expect(error.contains(names.joined(separator: ", ")) && error.contains("merge_and_unload()"))
            #expect(error.contains("org/base") == names.contains("adapter_config.json"))
        }
    }

    /// Whatever stands in it: an adapter it is all the same.
    @Test(arguments: ["", "{", "[]", #"{"peft_type": 7, "base_model_name_or_path": null}"#])
    func aDamagedAdapterConfigurationIsOneToo(_ contents: String) throws {
        #expect(try refusal(ofModel: [("adapter_config.json", contents)]).contains("a LoRA adapter"))
    }

    @Test func namesThatAreNoAdapters() throws {
        let names = ["adapter.md", "my_adapter_model.safetensors", "adapter_modeling.py", "tokenizer.json"]
        #expect(
            try refusal(ofModel: names.map { ($0, "x") }) == "DIR: expected config.json in it, got none")
    }

    @Test func pointersOfGitLFSAreNamed() throws {
        let pointer = String(decoding: Self.pointer, as: UTF8.self)
        #expect(
            try refusal(ofModel: [("config.json", "{}"), ("model.safetensors", pointer)])
                .hasPrefix("DIR/model.safetensors: a git-lfs pointer, not the file itself (988097824 bytes)"))
        #expect(
            try refusal(ofModel: [("config.json", "{}"), ("model.safetensors.index.json", pointer)])
                .hasPrefix("DIR/model.safetensors.index.json: a git-lfs pointer"))
        #expect(try refusal(ofModel: [("config.json", pointer)]).hasPrefix("DIR/config.json: a git-lfs pointer"))
        let tokenizer = try refusal([("tokenizer.json", pointer)]) { try ModelDirectory.checkTokenizer($0) }
        #expect(tokenizer.hasPrefix("DIR/tokenizer.json: a git-lfs pointer") && tokenizer.contains("git lfs pull"))
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(try refusal(ofModel: [("model.gguf", "x")]).contains("model.gguf is a GGUF file"))
        #expect(try refusal(ofModel: [("checkpoint-7/config.json", "{}")]).contains("there is one in DIR/checkpoint-7"))
        let tokenizer = try refusal([("tokenizer.model", "x")]) { try ModelDirectory.checkTokenizer($0) }
        #expect(tokenizer.hasPrefix("DIR: expected tokenizer.json in it, got none; tokenizer.model is another form"))
        #expect(try refusal([("tokenizer.json", "{}")]) { try ModelDirectory.checkTokenizer($0) } == "accepted")
        let absent = try refusal([]) { try ModelDirectory.checkTokenizer($0 + "/no") }
        #expect(
            absent.hasPrefix("DIR/no: expected a model directory (a local path; nothing is downloaded), got: No such"))
        let file = try refusal([("file", "x")]) { try ModelDirectory.check($0 + "/file") }
        #expect(file.hasPrefix("DIR/file: expected a directory"))
    }

    @Test func theConfigurationIsShownBeforeTheWeightsAreLookedFor() throws {
        struct Unknown: Error {}
        let directory = try TemporaryDirectory()
        try directory.write("config.json", Array(#"{"a": 1}"#.utf8))
        #expect(throws: Unknown.self) { try Checkpoint(directory: directory.path) { _ in throw Unknown() } }
        #expect(throws: CheckpointError.self) { try Checkpoint(directory: directory.path) }
    }
}
