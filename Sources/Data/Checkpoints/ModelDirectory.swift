import Glibc
import System

/// What a model directory is, told from the names in it, before anything of it is read as a model.
package enum ModelDirectory {
    static let tokenizerFileName = "tokenizer.json"
    private static let adapterConfigurationFileName = "adapter_config.json"

    /// Throws where there is no such directory, where it holds an adapter, or no config.json.
    ///
    /// - Throws: `ModelDirectoryError`; `CheckpointError.notADirectory` for a path that leads to a file.
    package static func check(_ path: String) throws {
        try checkDirectory(path)
        try refuseAdapter(path)
        let expected = Checkpoint.configurationFileName
        guard exists(path + "/" + expected) else {
            throw ModelDirectoryError.missingFile(directory: path, file: expected, hint: configurationHint(path))
        }
    }

    /// Throws where there is no such directory, no tokenizer.json in it, or a git-lfs pointer in its place.
    ///
    /// - Throws: `ModelDirectoryError`; `CheckpointError.notADirectory` for a path that leads to a file.
    package static func checkTokenizer(_ path: String) throws {
        try checkDirectory(path)
        let file = path + "/" + tokenizerFileName
        guard exists(file) else {
            throw ModelDirectoryError.missingFile(directory: path, file: tokenizerFileName, hint: tokenizerHint(path))
        }
        // A pointer is shorter than any tokenizer; only the beginning of one is read.
        let head = try OpenFile(path: file)
        try GitLFSPointer.refuse(head.bytes(0..<min(1025, head.state().byteCount)), of: file)
    }

    private static func checkDirectory(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ModelDirectoryError.missing(path: path, reason: SystemError("open", path).reason)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw CheckpointError.notADirectory(path: path) }
    }

    /// With a whole model beside it an adapter would be left out without a word: an RL-tuned teacher would be its own base.
    private static func refuseAdapter(_ path: String) throws {
        let found = try Directory.names(in: path).filter(isOfAdapter).sorted()
        guard !found.isEmpty else { return }
        let configuration = try? ConfigurationObject(contentsOf: path + "/" + adapterConfigurationFileName)
        throw ModelDirectoryError.adapter(
            directory: path, files: found,
            kind: (try? configuration?.optionalString("peft_type")) ?? nil,
            base: (try? configuration?.optionalString("base_model_name_or_path")) ?? nil)
    }

    /// As PEFT and MLX name them.
    private static func isOfAdapter(_ name: String) -> Bool {
        name == adapterConfigurationFileName || name == "adapters.safetensors" || name == "adapters.npz"
            || name.wholeMatch(of: /adapter_model([.-].*)?\.(safetensors|bin|pt)(\.index\.json)?/) != nil
    }

    private static func configurationHint(_ path: String) -> String {
        let names = (try? Directory.names(in: path)) ?? []
        if let file = names.sorted().first(where: { $0.hasSuffix(".gguf") }) {
            return "\(file) is a GGUF file: load it in transformers (gguf_file=) and save_pretrained it"
        }
        guard let folder = names.sorted().first(where: { exists("\(path)/\($0)/\(Checkpoint.configurationFileName)") })
        else { return "" }
        return "there is one in \(path)/\(folder)"
    }

    private static func tokenizerHint(_ path: String) -> String {
        let slow = ["tokenizer.model", "vocab.json", "spiece.model"].first { exists(path + "/" + $0) }
        return (slow.map { "\($0) is another form of it: " } ?? "it may lie in another directory: ")
            + "AutoTokenizer.from_pretrained(...).save_pretrained(this directory) in transformers writes one"
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
