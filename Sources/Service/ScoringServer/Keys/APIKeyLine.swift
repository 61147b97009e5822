import Digests

/// Reads one line of a key file.
struct APIKeyLine {
    static let largestRate = 1_000_000_000_000
    private static let digestPrefix = "sha256:"

    let file: String
    let number: Int

    /// Nil for an empty line or a comment.
    func entry(_ line: Substring) throws(APIKeyError) -> APIKeys.Entry? {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        // A key may have a colon in it: a name ends at the first, and a digest has no name of its own.
        let parts = first.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let isNamed = parts.count == 2 && !first.hasPrefix(Self.digestPrefix)
        let name = isNamed ? String(parts[0]) : "key-\(number)"
        guard !name.isEmpty, name.utf8.allSatisfy({ RequestID.allowed.contains($0) }) else {
            throw .badCharacter(file: file, line: number)
        }
        let digest = try digest(isNamed ? parts[1] : first)
        let options = try options(words.dropFirst())
        return APIKeys.Entry(
            identity: APIKeyIdentity(name: name, isAdmin: options.isAdmin, tokensPerMinute: options.rate),
            digest: digest)
    }

    private func digest(_ key: Substring) throws(APIKeyError) -> SHA256Digest {
        if key.hasPrefix(Self.digestPrefix) {
            guard let digest = SHA256Digest(hex: String(key.dropFirst(Self.digestPrefix.count))) else {
                throw .badDigest(file: file, line: number)
            }
            return digest
        }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badCharacter(file: file, line: number) }
        guard key.utf8.count >= APIKeys.minimumKeyBytes else {
            throw .keyTooShort(file: file, line: number, bytes: key.utf8.count, atLeast: APIKeys.minimumKeyBytes)
        }
        return SHA256Hasher.digest(Array(key.utf8))
    }

    private func options(_ words: ArraySlice<Substring>) throws(APIKeyError) -> (isAdmin: Bool, rate: Int?) {
        var (isAdmin, rate) = (false, Int?.none)
        for (index, word) in words.enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch (parts[0], parts.count) {
            case ("admin", 1): isAdmin = true
            case ("tokens-per-minute", 2):
                guard rate == nil, let value = Int(parts[1]), (1...Self.largestRate).contains(value) else {
                    throw .badRate(file: file, line: number)
                }
                rate = value
            default: throw .unknownOption(file: file, line: number, number: index + 1)
            }
        }
        return (isAdmin, rate)
    }
}
