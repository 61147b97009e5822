import JSONValues
import TokenWeights

/// The answer of /v1/weights (with `choice`, and weights in each result) or /v1/logprobs (without).
package struct ScoreResponse: Equatable, Sendable {
    /// Teacher that scored the inputs.
    package var identity: ModelIdentity
    /// Scores fingerprint of the base that the server holds; nil where it holds none, and in JSON, which does not say it.
    package var baseScoresFingerprint: String?
    /// Weighting that was used, with its options in force; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Number of the likeliest tokens at each position, as it was asked for; 0 for none.
    package var topK: Int
    /// Numbers of the whole distributions that the results have, as they were asked for.
    package var tempered: TemperedChoice
    /// One result an input, in the request's order.
    package var results: [ScoreResult]

    package init(
        identity: ModelIdentity, baseScoresFingerprint: String? = nil, choice: Weighting? = nil, topK: Int = 0,
        tempered: TemperedChoice = TemperedChoice(), results: [ScoreResult]
    ) {
        self.identity = identity
        self.baseScoresFingerprint = baseScoresFingerprint
        self.choice = choice
        self.topK = topK
        self.tempered = tempered
        self.results = results
    }
}
