import Digests

/// One of the tokenized corpora of a mix.
package struct CorpusSource: Sendable {
    /// Name of the source in the mix, of its own; its order in an epoch depends on it.
    package let name: String
    /// Part of an epoch's tokens that the source gives, relative to the other sources' weights; above 0.
    package let weight: Double
    /// How often the source may be gone through, at most, in one epoch of the mix; above 0, 0.5 for half of it.
    package let repeats: Double
    /// The tokenized documents of the source.
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
