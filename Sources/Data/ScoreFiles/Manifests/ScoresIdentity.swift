import JSONValues

/// What all numbers of a file have in common: the teacher, and how it computed.
package struct ScoresIdentity: Sendable, Equatable {
    /// Name of the teacher, for people.
    package var model: String
    /// Precision of the teacher's forward pass: `f32` or `bf16`.
    package var precision: String
    /// The teacher's parameters and numeric configuration, by SHA-256 in hex.
    package var modelFingerprint: String
    /// The tokenizer that made the ids, by SHA-256 in hex.
    package var tokenizerFingerprint: String
    /// All that decides the bits of a number beside the ids, by SHA-256 in hex.
    package var scoresFingerprint: String

    package init(
        model: String, precision: String, modelFingerprint: String, tokenizerFingerprint: String,
        scoresFingerprint: String
    ) {
        self.model = model
        self.precision = precision
        self.modelFingerprint = modelFingerprint
        self.tokenizerFingerprint = tokenizerFingerprint
        self.scoresFingerprint = scoresFingerprint
    }

    init(_ manifest: SignedManifest, model: String? = nil) throws {
        self.model = try model ?? manifest.string("model")
        precision = try manifest.string("precision")
        modelFingerprint = try manifest.fingerprint("model_fingerprint")
        tokenizerFingerprint = try manifest.fingerprint("tokenizer_fingerprint")
        scoresFingerprint = try manifest.fingerprint("scores_fingerprint")
    }

    /// The fingerprints as members of a manifest.
    var pins: [String: JSONValue] {
        [
            "model_fingerprint": .string(modelFingerprint), "tokenizer_fingerprint": .string(tokenizerFingerprint),
            "scores_fingerprint": .string(scoresFingerprint),
        ]
    }

    /// The first thing that decides numbers and differs; nil where nothing does. Names may differ.
    package func difference(_ other: ScoresIdentity) -> (what: String, own: String, other: String)? {
        let fields: [(String, KeyPath<ScoresIdentity, String>)] = [
            ("model_fingerprint", \.modelFingerprint), ("tokenizer_fingerprint", \.tokenizerFingerprint),
            ("precision", \.precision), ("scores_fingerprint", \.scoresFingerprint),
        ]
        return fields.first { self[keyPath: $0.1] != other[keyPath: $0.1] }
            .map { ($0.0, self[keyPath: $0.1], other[keyPath: $0.1]) }
    }
}
