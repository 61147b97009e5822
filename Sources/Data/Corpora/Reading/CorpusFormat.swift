import Compression

/// How a corpus file is read; told by the end of its name, after a `.gz` or `.zst`.
package enum CorpusFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case jsonLines
    /// The whole file is one document.
    case plainText
    /// Token ids end to end, with a NumPy header or without.
    case tokenArray
    /// A Megatron index, with NAME.bin beside it.
    case megatron
    /// A program reads it: a file, a folder or an address of another kind.
    case program

    /// Whether a file holds token ids, and no text.
    package var holdsIDs: Bool { self == .tokenArray || self == .megatron }

    var extensions: [String] {
        switch self {
        case .jsonLines: ["jsonl", "ndjson", "json"]
        case .plainText: ["txt", "text", "md"]
        case .tokenArray: ["npy"]
        case .megatron: ["idx"]
        case .program: []
        }
    }

    static var knownExtensions: String {
        allCases.flatMap(\.extensions).map { "." + $0 }.joined(separator: ", ")
            + " (or these with \(CompressionFormat.allCases.map(\.fileExtension).joined(separator: " or ")))"
    }

    /// The format that the end of a name tells; nil for an unknown end, and for a compressed Megatron index.
    package init?(path: String) {
        var path = path
        let compression = CompressionFormat(path: path)
        if let compression { path.removeLast(compression.fileExtension.count) }
        guard let dot = path.lastIndex(of: ".") else { return nil }
        let end = path[path.index(after: dot)...].lowercased()
        guard let format = Self.allCases.first(where: { $0.extensions.contains(end) }) else { return nil }
        // A Megatron pair is read in any order: it is mapped as it is.
        guard compression == nil || format != .megatron else { return nil }
        self = format
    }
}
