/// Why a directory is not, by itself, a model or its tokenizer.
package enum ModelDirectoryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A path that leads nowhere; nothing is downloaded.
    case missing(path: String, reason: String)
    /// A directory without a file that it must have. `hint` may be empty.
    case missingFile(directory: String, file: String, hint: String)
    /// What git leaves in place of a large file that git-lfs has not fetched; `byteCount` is the file's own size, where the pointer
    /// says it.
    case gitLFSPointer(file: String, byteCount: Int?)
    /// - kind: PEFT's name for it; base: what it was trained on.
    case adapter(directory: String, files: [String], kind: String?, base: String?)

    package var description: String {
        switch self {
        case .missing(let path, let reason):
            "\(path): expected a model directory (a local path; nothing is downloaded), got: \(reason)"
        case .missingFile(let directory, let file, let hint):
            "\(directory): expected \(file) in it, got none\(hint.isEmpty ? "" : "; \(hint)")"
        case .gitLFSPointer(let file, let byteCount):
            "\(file): a git-lfs pointer, not the file itself"
                + (byteCount.map { " (\($0) bytes)" } ?? "")
                + "; fetch it: git lfs install && git lfs pull in its repository, or hf download"
        case .adapter(let directory, let files, let kind, let base):
            "\(directory): holds \(Self.article(kind)) adapter (\(files.joined(separator: ", "))), which is not applied here. Merge it "
                + "first: PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(\"\(base ?? "BASE")\"), "
                + "\"\(directory)\").merge_and_unload().save_pretrained(\"MERGED\") with peft and transformers, its tokenizer beside it, and "
                + "give MERGED; if the weights here are merged already, move the adapter's files away"
        }
    }

    private static func article(_ kind: String?) -> String { kind.map { "a \($0)" } ?? "a LoRA" }
}
