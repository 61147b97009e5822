import Bytes
import JSONValues

/// A request's wishes about the model: a name (or model fingerprint) to choose it by, and fingerprints that must hold, 64 lower-case
/// hexadecimal digits each.
package struct ModelPins: Equatable, Sendable {
    /// Name of the teacher wanted, or its model fingerprint; nil: the default, or the one that
    /// `modelFingerprint` or `scoresFingerprint` names.
    package var model: String?
    /// Fingerprint of the model wanted; another is answered with 409.
    package var modelFingerprint: String?
    /// Fingerprint of the tokenizer wanted; another is answered with 409, since its ids mean other tokens.
    package var tokenizerFingerprint: String?
    /// Fingerprint of parameters, precision and kernels wanted; another is answered with 409, since its log-probs have other bits.
    package var scoresFingerprint: String?

    package init(
        model: String? = nil, modelFingerprint: String? = nil, tokenizerFingerprint: String? = nil,
        scoresFingerprint: String? = nil
    ) {
        self.model = model
        self.modelFingerprint = modelFingerprint
        self.tokenizerFingerprint = tokenizerFingerprint
        self.scoresFingerprint = scoresFingerprint
    }

    static let fields = ["model", "model_fingerprint", "tokenizer_fingerprint", "scores_fingerprint"]

    /// Reads the value of a member that is a pin. False where the member is none; then nothing is consumed.
    mutating func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        switch key {
        case "model": model = try reader.string()
        case "model_fingerprint": modelFingerprint = try reader.fingerprint()
        case "tokenizer_fingerprint": tokenizerFingerprint = try reader.fingerprint()
        case "scores_fingerprint": scoresFingerprint = try reader.fingerprint()
        default: return false
        }
        return true
    }

    /// The first field in which an answer is not from what was pinned; nil where it is.
    package func difference(from identity: ModelIdentity) -> (field: String, pinned: String, got: String)? {
        let named = model == identity.modelFingerprint ? identity.modelFingerprint : identity.model
        let got = [named, identity.modelFingerprint, identity.tokenizerFingerprint, identity.scoresFingerprint]
        let pinned = [model, modelFingerprint, tokenizerFingerprint, scoresFingerprint]
        for (field, (pinned, got)) in zip(Self.fields, zip(pinned, got)) {
            if let pinned, pinned != got { return (field, pinned, got) }
        }
        return nil
    }

    /// Names and values of the pins that are given.
    var members: [(String, String)] {
        zip(Self.fields, [model, modelFingerprint, tokenizerFingerprint, scoresFingerprint]).compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}

extension JSONReader {
    mutating func fingerprint() throws -> String {
        let text = try string()
        guard HexDigit.areLowerCase(text, count: 64) else {
            throw invalid(expected: "64 lower-case hexadecimal digits", got: "\(text.utf8.count) bytes of text")
        }
        return text
    }
}
