import JSONValues

/// Name and fingerprints of the model that answered, in every scored answer. A fingerprint is 64 lower-case hexadecimal digits.
package struct ModelIdentity: Equatable, Sendable {
    /// Name by which requests call the model.
    package var model: String
    /// SHA-256 of the model's tensors and of the settings that change its numbers; sharding does not matter.
    package var modelFingerprint: String
    /// SHA-256 of what decides the ids of plain text: neither added tokens nor a chat template change it.
    package var tokenizerFingerprint: String
    /// SHA-256 of what decides the bits of a log-prob: model, precision, numerics version and kernels. Log-probs of different ones are
    /// not to be mixed unnoticed.
    package var scoresFingerprint: String

    package init(model: String, modelFingerprint: String, tokenizerFingerprint: String, scoresFingerprint: String) {
        self.model = model
        self.modelFingerprint = modelFingerprint
        self.tokenizerFingerprint = tokenizerFingerprint
        self.scoresFingerprint = scoresFingerprint
    }

    var members: [(String, String)] {
        [
            ("model", model), ("model_fingerprint", modelFingerprint), ("tokenizer_fingerprint", tokenizerFingerprint),
            ("scores_fingerprint", scoresFingerprint),
        ]
    }

    /// The identity that members with the names of the wire spell; nil where one is missing.
    init?(_ member: (String) -> String?) {
        guard let model = member("model"), let modelFingerprint = member("model_fingerprint"),
            let tokenizerFingerprint = member("tokenizer_fingerprint"),
            let scoresFingerprint = member("scores_fingerprint")
        else { return nil }
        self.init(
            model: model, modelFingerprint: modelFingerprint, tokenizerFingerprint: tokenizerFingerprint,
            scoresFingerprint: scoresFingerprint)
    }
}
