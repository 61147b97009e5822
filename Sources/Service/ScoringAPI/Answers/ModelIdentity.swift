import JSONValues

/// Which model answered: in every scored answer.
package struct ModelIdentity: Equatable, Sendable {
    package var model: String
    package var modelFingerprint: String
    package var tokenizerFingerprint: String
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

    /// From the members of that name; nil where one is missing.
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
