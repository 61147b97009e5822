import Digests

/// Whom a key belongs to and what it may do: everything about it but the key.
package struct APIKeyIdentity: Sendable, Equatable {
    /// The name of the key's holder, fit for logs and metrics. Keys of one name share one rate.
    package let name: String
    /// Whether the key may load, drop and switch teachers.
    package let isAdmin: Bool
    /// Most tokens to score in a minute; nil: as many as the queue takes.
    package let tokensPerMinute: Int?

    package init(name: String, isAdmin: Bool = false, tokensPerMinute: Int? = nil) {
        self.name = name
        self.isAdmin = isAdmin
        self.tokensPerMinute = tokensPerMinute
    }
}

/// The keys that open the service: kept as SHA-256 only.
package struct APIKeys: Sendable {
    /// Least length of a key in bytes: enough that nobody finds one by trying.
    package static let minimumKeyBytes = 8

    struct Entry: Sendable {
        let identity: APIKeyIdentity
        let digest: SHA256Digest
    }

    private let entries: [Entry]

    /// Keys in the file, those of one name each counted.
    package var count: Int { entries.count }

    /// Reads a key file: one key a line, `[NAME:]KEY [admin] [tokens-per-minute=N]`; empty lines and lines that begin with # are
    /// skipped. A key without a name is called `key-N` after its line. `sha256:` and 64 hexadecimal digits may stand for KEY, so that
    /// the file itself opens nothing.
    ///
    /// - Throws: `APIKeyError`, with the file and the line, for the first thing that is wrong.
    package init(parsing text: String, file: String) throws(APIKeyError) {
        var entries: [Entry] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, raw) in lines.enumerated() {
            let line = APIKeyLine(file: file, number: index + 1)
            guard let entry = try line.entry(raw) else { continue }
            guard !entries.contains(where: { $0.digest == entry.digest }) else {
                throw .repeatedKey(file: file, line: index + 1)
            }
            let namesake = entries.first { $0.identity.name == entry.identity.name }?.identity
            guard namesake == nil || namesake?.tokensPerMinute == entry.identity.tokensPerMinute else {
                throw .differentRates(file: file, line: index + 1, name: entry.identity.name)
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else { throw .noKeys(file: file) }
        self.entries = entries
    }

    /// The holder of the key that was presented, or nil. The time taken does not depend on which key it is or how much of it is right.
    package func identity(of key: String) -> APIKeyIdentity? {
        let presented = SHA256Hasher.digest(Array(key.utf8)).bytes
        var found: APIKeyIdentity?
        for entry in entries where ConstantTime.equal(entry.digest.bytes, presented) { found = entry.identity }
        return found
    }
}
