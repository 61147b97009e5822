import Digests

/// Why a key file cannot be used.
package enum APIKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case noKeys(file: String)
    case keyTooShort(file: String, line: Int, bytes: Int, atLeast: Int)
    case badCharacter(file: String, line: Int)
    case repeatedKey(file: String, line: Int)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): cannot read the key file: \(reason)"
        case .noKeys(let file): "\(file): no key in it; write one a line, as KEY or NAME:KEY"
        case .keyTooShort(let file, let line, let bytes, let atLeast):
            "\(file):\(line): the key has \(bytes) bytes, expected at least \(atLeast)"
        case .badCharacter(let file, let line):
            "\(file):\(line): a key is visible ASCII without spaces, a name letters, digits, dot, dash or underscore"
        case .repeatedKey(let file, let line): "\(file):\(line): this key stands there already"
        }
    }
}

/// The keys that open the service: kept as SHA-256 only, each with a name that may be logged.
package struct APIKeys: Sendable {
    /// Enough that nobody finds one by trying.
    package static let minimumKeyBytes = 8

    private struct Entry: Sendable {
        let name: String
        let digest: SHA256Digest
    }

    private let entries: [Entry]

    package var count: Int { entries.count }

    /// One key a line, `KEY` or `NAME:KEY`; empty lines and lines that begin with # are skipped. A key without a name is
    /// called `key-N` after its line.
    package init(parsing text: String, file: String) throws(APIKeyError) {
        var entries: [Entry] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, raw) in lines.enumerated() {
            let line = String(raw.drop { $0 == " " || $0 == "\t" }.trimmingTrailingSpaces)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let entry = try Self.entry(line, number: index + 1, file: file)
            guard !entries.contains(where: { $0.digest == entry.digest }) else {
                throw .repeatedKey(file: file, line: index + 1)
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else { throw .noKeys(file: file) }
        self.entries = entries
    }

    /// The name of the key that was presented, or nil. The time taken does not depend on which key it is or how much of
    /// it is right.
    package func name(of key: String) -> String? {
        let presented = SHA256Hasher.digest(Array(key.utf8)).bytes
        var found: String?
        for entry in entries where ConstantTime.equal(entry.digest.bytes, presented) { found = entry.name }
        return found
    }

    private static func entry(_ line: String, number: Int, file: String) throws(APIKeyError) -> Entry {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let key = String(parts.count == 2 ? parts[1] : parts[0])
        let name = parts.count == 2 ? String(parts[0]) : "key-\(number)"
        guard key.utf8.count >= minimumKeyBytes else {
            throw .keyTooShort(file: file, line: number, bytes: key.utf8.count, atLeast: minimumKeyBytes)
        }
        let isPlainName = !name.isEmpty && name.utf8.allSatisfy { RequestID.allowed.contains($0) }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), isPlainName else {
            throw .badCharacter(file: file, line: number)
        }
        return Entry(name: name, digest: SHA256Hasher.digest(Array(key.utf8)))
    }
}

extension Substring {
    fileprivate var trimmingTrailingSpaces: Substring {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
