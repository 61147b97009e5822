import JSONValues

/// What the numbers beside a token file are.
package enum ParallelQuantity: Sendable, Equatable, CustomStringConvertible {
    /// Natural log-probs of the items under the teacher.
    case logProbs
    /// Static token weights: the teacher against a frozen base, over each piece that is scored on its own.
    case weights(StaticWeighting)

    /// How static weights were made.
    package struct StaticWeighting: Sendable, Equatable {
        /// Name of the base, for people.
        package var base: String
        /// The base's parameters and numeric configuration, by SHA-256 in hex.
        package var baseModelFingerprint: String
        /// All that decides the bits of the base's log-probs, by SHA-256 in hex.
        package var baseScoresFingerprint: String
        /// Weights were clipped to 1 - epsilon ... 1 + epsilon.
        package var epsilon: Double

        package init(base: String, baseModelFingerprint: String, baseScoresFingerprint: String, epsilon: Double) {
            self.base = base
            self.baseModelFingerprint = baseModelFingerprint
            self.baseScoresFingerprint = baseScoresFingerprint
            self.epsilon = epsilon
        }
    }

    /// Its name in the JSON.
    package var name: String {
        switch self {
        case .logProbs: "logprobs"
        case .weights: "weights"
        }
    }

    package var description: String {
        switch self {
        case .logProbs: "log-probs"
        case .weights(let made): "weights against \(made.base) (\(made.baseModelFingerprint)), epsilon \(made.epsilon)"
        }
    }

    /// What a file of it is called behind the token file's name.
    package var suffix: String {
        switch self {
        case .logProbs: Self.logProbsSuffix
        case .weights: Self.weightsSuffix
        }
    }

    static let logProbsSuffix = ".scores"
    /// The suffix of static weights, whatever they were made of.
    package static let weightsSuffix = ".weights"

    /// What stands in the JSON, beside what every quantity has.
    var members: [String: JSONValue] {
        switch self {
        case .logProbs: ["quantity": .string("logprobs")]
        case .weights(let made):
            [
                "quantity": .string("weights"),
                // As text: digests are taken of the JSON, and not every program writes a number alike.
                "weighting": ["name": .string("remit-static"), "epsilon": .string("\(made.epsilon)")],
                "base": [
                    "model": .string(made.base), "model_fingerprint": .string(made.baseModelFingerprint),
                    "scores_fingerprint": .string(made.baseScoresFingerprint),
                ],
            ]
        }
    }

    init(_ manifest: SignedManifest) throws {
        switch try manifest.string("quantity") {
        case "logprobs": self = .logProbs
        case "weights":
            let (weighting, base) = (try manifest.object("weighting"), try manifest.object("base"))
            guard let epsilon = Double(try weighting.string("epsilon")), (0...1).contains(epsilon) else {
                throw weighting.wrong("epsilon", expected: "a number from 0 to 1")
            }
            self = .weights(
                StaticWeighting(
                    base: try base.string("model"), baseModelFingerprint: try base.fingerprint("model_fingerprint"),
                    baseScoresFingerprint: try base.fingerprint("scores_fingerprint"), epsilon: epsilon))
        default: throw manifest.wrong("quantity", expected: "logprobs or weights")
        }
    }

    /// Whether a number can stand for an item that has one.
    func allows(_ value: Float) -> Bool {
        switch self {
        case .logProbs: value <= 0 && value.isFinite
        case .weights: (0...2.001).contains(value)
        }
    }

    var expected: String {
        switch self {
        case .logProbs: "a number of at most 0, or NaN"
        case .weights: "a weight from 0 to 2, or NaN"
        }
    }
}
