/// What is said of a search for corpus files: nothing is left out, and nothing odd is read, in silence.
struct CorpusFindings: Sendable, Equatable {
    /// Files of directories that are no corpus, by kind.
    var leftOut: [String: Int] = [:]
    /// Paths that lead to a file which is read already.
    var repeated: [String] = []
    /// Texts that speak about the data, read as documents.
    private(set) var notices: [String] = []
    /// Files that their names call a held-out split.
    private(set) var splits: [String] = []

    /// - Parameter name: the part of the path that the user did not write.
    mutating func look(at path: String, below name: String, _ format: CorpusFormat) {
        let parts = name.lowercased().split(separator: "/").map(String.init)
        let stem = parts.last?.split(separator: ".").first.map(String.init) ?? ""
        if format == .plainText, Self.noticeNames.contains(stem) { notices.append(path) }
        let words = (parts.dropLast() + [stem]).flatMap { $0.split { !$0.isLetter } }.map(String.init)
        if words.contains(where: Self.splitNames.contains) { splits.append(path) }
    }

    /// The findings in words.
    ///
    /// - Parameter isHeldOut: a held-out corpus may well be a test split.
    func remarks(files: Int, isHeldOut: Bool) -> [String] {
        var remarks: [String] = []
        if !leftOut.isEmpty {
            remarks.append("read \(Self.count(files, "file")), left out \(Self.counts(leftOut))")
        }
        if let first = repeated.first {
            remarks.append(
                "\(Self.count(repeated.count, "file")) named more than once, read once: \(first)" + more(repeated))
        }
        if let first = notices.first {
            remarks.append("read as a document, though it seems to speak about the data: \(first)" + more(notices))
        }
        if !isHeldOut, let first = splits.first {
            remarks.append("read with the rest, though its name is a held-out split's: \(first)" + more(splits))
        }
        return remarks
    }

    /// `3 (.parquet)`, or `4 (3 .parquet, 1 hidden)`.
    static func counts(_ kinds: [String: Int]) -> String {
        let sorted = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(5).map { kinds.count == 1 ? $0.key : "\($0.value) \($0.key)" }
        let rest = sorted.dropFirst(5).reduce(0) { $0 + $1.value }
        let list = shown + (rest > 0 ? ["\(rest) others"] : [])
        return "\(kinds.values.reduce(0, +)) (\(list.joined(separator: ", ")))"
    }

    /// Files of JSON that stand beside data and are none.
    static func describesData(_ name: String) -> Bool { metadataNames.contains(name.lowercased()) }

    private func more(_ paths: [String]) -> String { paths.count > 1 ? " and \(paths.count - 1) more" : "" }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static let noticeNames: Set<String> = [
        "readme", "license", "licence", "copying", "notice", "changelog", "changes", "contributing", "authors",
        "dataset_card", "datasheet",
    ]
    private static let splitNames: Set<String> = [
        "test", "tests", "testing", "valid", "validation", "val", "dev", "eval", "evaluation", "heldout",
    ]
    private static let metadataNames: Set<String> = [
        "config.json", "corpus.json", "dataset_dict.json", "dataset_info.json", "dataset_infos.json", "manifest.json",
        "metadata.json", "package.json", "remit.json", "state.json", "tokenizer.json", "tokenizer_config.json",
    ]
}

extension CorpusFiles {
    /// What a user should know of the files before they are read.
    package func remarks(isHeldOut: Bool = false) -> [String] {
        findings.remarks(files: files.count, isHeldOut: isHeldOut)
    }
}
