import Compression

/// How a corpus file is read; told by the end of its name, after a `.gz` or `.zst`.
package enum CorpusFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case jsonLines
    /// The whole file is one document.
    case plainText

    var extensions: [String] {
        switch self {
        case .jsonLines: ["jsonl", "ndjson"]
        case .plainText: ["txt", "text", "md"]
        }
    }

    static var knownExtensions: String {
        allCases.flatMap(\.extensions).map { "." + $0 }.joined(separator: ", ")
            + " (or these with \(CompressionFormat.allCases.map(\.fileExtension).joined(separator: " or ")))"
    }

    package init?(path: String) {
        var path = path
        if let compression = CompressionFormat(path: path) { path.removeLast(compression.fileExtension.count) }
        guard let dot = path.lastIndex(of: ".") else { return nil }
        let end = path[path.index(after: dot)...].lowercased()
        guard let format = Self.allCases.first(where: { $0.extensions.contains(end) }) else { return nil }
        self = format
    }
}
