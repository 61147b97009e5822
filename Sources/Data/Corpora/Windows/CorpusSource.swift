import Digests

/// One of the tokenized corpora of a mix.
package struct CorpusSource: Sendable {
    package let name: String
    /// Its part of an epoch's tokens, relative to the other sources' weights.
    package let weight: Double
    /// How often it may be gone through, at most, in one epoch of the mix.
    package let repeats: Double
    package let tokens: TokenFile

    package init(name: String, weight: Double, repeats: Double = 1, tokens: TokenFile) {
        precondition(weight > 0 && weight.isFinite && repeats > 0 && repeats.isFinite, "weights are positive")
        self.name = name
        self.weight = weight
        self.repeats = repeats
        self.tokens = tokens
    }

    /// Tells the sources of a mix apart, whatever their order.
    var nameHash: UInt64 {
        var hasher = SHA256Hasher()
        hasher.update(field: name)
        return MultisetFingerprint.words(hasher.finalize())[0]
    }

    func addFields(to hasher: inout SHA256Hasher) {
        hasher.update(field: name)
        hasher.update(littleEndian: weight.bitPattern)
        hasher.update(littleEndian: repeats.bitPattern)
        hasher.update(field: tokens.fingerprint.hex)
    }
}
