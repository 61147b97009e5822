/// The two routes that take inputs to score. What only weights need is an unknown field to the other.
package enum ScoreRoute: String, CaseIterable, Sendable {
    case weights = "/v1/weights"
    case logProbs = "/v1/logprobs"
}
