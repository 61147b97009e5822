import Digests

extension Corpus {
    /// SHA-256 of which documents are of which domain, whatever their order: what weights that tell domains apart depend on beside
    /// `fingerprint`. Complexity: linear in the documents, whose ids are not read.
    package var domainFingerprint: SHA256Digest {
        var fingerprint = MultisetFingerprint()
        for (source, place) in sources.enumerated() {
            for index in 0..<place.tokens.documentCount {
                let entry = place.tokens.entry(index)
                var hasher = SHA256Hasher()
                hasher.update(littleEndian: entry.contentHash)
                hasher.update(field: domains[domain(of: entry, source: source)])
                fingerprint.insert(hasher.finalize())
            }
        }
        return fingerprint.digest
    }
}
