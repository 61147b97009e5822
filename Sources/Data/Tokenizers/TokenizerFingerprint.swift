import Digests

/// SHA-256 over what decides the ids of plain text, in one canonical form: the two ways to write merges, sequences of one,
/// defaults left out, and all that touches only spans or special tokens make no difference.
enum TokenizerFingerprint {
    static func digest(
        _ normalizer: [NormalizerStage], _ preTokenizer: [PreTokenizerStage], _ model: BPEModel
    ) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit tokenizer 1")
        hasher.update(littleEndian: UInt64(normalizer.count))
        for stage in normalizer { update(&hasher, stage) }
        hasher.update(littleEndian: UInt64(preTokenizer.count))
        for stage in preTokenizer { update(&hasher, stage) }
        update(&hasher, model)
        return hasher.finalize()
    }

    private static func update(_ hasher: inout SHA256Hasher, _ stage: NormalizerStage) {
        switch stage {
        case .unicode(let form): hasher.update(field: form.rawValue)
        case .lowercase: hasher.update(field: "Lowercase")
        case .prepend(let text):
            hasher.update(field: "Prepend")
            hasher.update(field: text)
        case .replace(let pattern, let content):
            hasher.update(field: "Replace")
            update(&hasher, pattern)
            hasher.update(field: content)
        case .strip(let left, let right): hasher.update(field: "Strip \(left) \(right)")
        }
    }

    private static func update(_ hasher: inout SHA256Hasher, _ pattern: LiteralOrPattern) {
        hasher.update(field: pattern.canonical.kind)
        hasher.update(field: pattern.canonical.bytes)
    }

    private static func update(_ hasher: inout SHA256Hasher, _ stage: PreTokenizerStage) {
        switch stage {
        case .split(let pattern, let behavior, let isInverted):
            hasher.update(field: "Split \(behavior.rawValue) \(isInverted)")
            update(&hasher, pattern)
        case .digits(let individual): hasher.update(field: "Digits \(individual)")
        case .prefixSpace: hasher.update(field: "PrefixSpace")
        case .metaspace(let mark, let prefix, let splits):
            hasher.update(field: "Metaspace \(prefix.rawValue) \(splits)")
            hasher.update(field: mark)
        }
    }

    private static func update(_ hasher: inout SHA256Hasher, _ model: BPEModel) {
        hasher.update(field: "BPE \(model.unit == .byte ? "bytes" : "characters")")
        hasher.update(field: "\(!model.byteFallback.isEmpty) \(model.fusesUnknown) \(model.ignoresMerges)")
        hasher.update(field: model.unknownToken ?? [])
        hasher.update(littleEndian: UInt64(model.vocabulary.count))
        model.vocabulary.forEach { id, bytes in
            hasher.update(littleEndian: UInt64(id))
            hasher.update(field: Array(bytes))
        }
        hasher.update(littleEndian: UInt64(model.mergePairs.count))
        for pair in model.mergePairs {
            hasher.update(
                littleEndian: UInt64(UInt32(bitPattern: pair.left)) << 32 | UInt64(UInt32(bitPattern: pair.right)))
        }
    }
}
