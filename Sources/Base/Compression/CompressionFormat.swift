/// The two formats that corpora and request bodies come in.
package enum CompressionFormat: String, CaseIterable, Sendable {
    /// RFC 1952, one member or several one after the other.
    case gzip
    /// RFC 8878, one frame or several one after the other, skippable frames among them.
    case zstd

    /// The format of an HTTP Content-Encoding (`gzip`, `x-gzip`, `zstd`), in any case; nil for other codings.
    package init?(contentCoding: String) {
        switch contentCoding.lowercased() {
        case "gzip", "x-gzip": self = .gzip
        case "zstd": self = .zstd
        default: return nil
        }
    }

    /// The format by the end of a file's name: `.gz` or `.zst`, in any case; nil for other names.
    package init?(path: String) {
        let lowercased = path.lowercased()
        guard let format = Self.allCases.first(where: { lowercased.hasSuffix($0.fileExtension) }) else { return nil }
        self = format
    }

    /// The format by a file's first bytes, which should be four or more; nil where they begin neither.
    package init?(head: [UInt8]) {
        let found = Self.allCases.first { format in
            head.count >= format.magicByteCount
                && format.frameMayBegin(with: Array(head.prefix(format.magicByteCount)))
        }
        guard let found else { return nil }
        self = found
    }

    /// The end of file names of the format, with its dot.
    package var fileExtension: String {
        switch self {
        case .gzip: ".gz"
        case .zstd: ".zst"
        }
    }

    /// Whether `bytes` are, as far as they go, how a frame of the format begins.
    func frameMayBegin(with bytes: [UInt8]) -> Bool {
        switch self {
        case .gzip:
            return [0x1F, 0x8B, 0x08].starts(with: bytes)
        case .zstd:
            if [0x28, 0xB5, 0x2F, 0xFD].starts(with: bytes) { return true }
            guard let first = bytes.first else { return true }
            return first & 0xF0 == 0x50 && [0x2A, 0x4D, 0x18].starts(with: bytes.dropFirst())
        }
    }

    /// How many bytes `frameMayBegin` needs to be sure.
    var magicByteCount: Int {
        switch self {
        case .gzip: 3
        case .zstd: 4
        }
    }
}
