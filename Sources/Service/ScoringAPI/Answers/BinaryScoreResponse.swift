import Checkpoints
import Digests
import JSONValues
import Sequences
import TokenWeights

/// The safetensors form of an answer, flat like its request.
///
/// Tensors: `sequence_starts` I64 [B+1], `teacher_logprobs` F32 [N]; `token_ids` I32 [N] where texts were posted; with
/// weights `weights` F32 [N], `scored_tokens`, `clipped_low`, `clipped_high` I64 [B], `mean_weight` F32 [B], and
/// `student_logprobs` F32 [N] where the base made them; with `top_k` `topk_token_ids` I32 and `topk_logprobs` F32 [N, k]; with
/// `entropy` `teacher_entropy` F32 [N]; with `temperatures` `logsumexp` and `tempered_entropy` F32 [temperatures, N]. The options used and the fingerprints stand in `__metadata__`, beside what tells whose numbers they are.
package struct BinaryScoreResponse: Equatable, Sendable {
    /// Teacher that scored the inputs.
    package var identity: ModelIdentity
    /// Weighting that was used, with its options in force; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Whose log-probs the weights were made from, `base` where the base made any of them; nil without weights, and where the
    /// weighting needs no student.
    package var student: StudentOrigin?
    /// Scores fingerprint of the base; nil where it made no student log-probs.
    package var baseScoresFingerprint: String?
    /// SHA-256 of the ids that were scored, as little-endian 32-bit words: what shows that the numbers are not another request's, of
    /// the same shape. nil where an answer does not say it; then nothing is compared.
    package var tokenDigest: String?
    /// Flat positions at which inputs begin, then N.
    package var sequenceStarts: [Int]  // [B+1]
    /// Ids that were scored; nil where only ids were posted, which the client has.
    package var tokenIDs: [Int32]?  // [N]
    /// Natural log-probs of the tokens under the teacher.
    package var teacherLogProbs: [Float]  // [N], NaN at document starts
    /// Natural log-probs of the tokens under the base, NaN in inputs for which log-probs were posted; nil where the base made none.
    package var studentLogProbs: [Float]?  // [N]
    /// Factor of each token's loss, 0 where not scored; nil on /v1/logprobs.
    package var weights: [Float]?  // [N]
    /// Statistics of the weights, one an input; nil without weights.
    package var statistics: [WeightStatistics]?  // [B]
    /// Likeliest tokens at each position; nil where they were not asked for.
    package var top: TopTokens?
    /// Numbers of the whole distributions that the answer has, as they were asked for.
    package var temperedChoice: TemperedChoice
    /// Those numbers; empty where none were asked for.
    package var tempered: TemperedTokens

    /// The flat form of an answer, its results one behind the other.
    ///
    /// - Parameter includesTokenIDs: true where the client does not know them, as of texts.
    package init(_ response: ScoreResponse, includesTokenIDs: Bool) {
        let results = response.results
        identity = response.identity
        choice = response.choice
        sequenceStarts = Spans(lengths: results.lazy.map(\.tokenIDs.count)).boundaries
        let ids = results.flatMap(\.tokenIDs)
        tokenIDs = includesTokenIDs ? ids : nil
        tokenDigest = Segment.digest(of: ids).hex
        teacherLogProbs = results.flatMap(\.teacherLogProbs)
        let fromBase = results.contains { $0.student == .base && $0.studentLogProbs != nil }
        student = fromBase ? .base : results.lazy.compactMap(\.student).first
        baseScoresFingerprint = fromBase ? response.baseScoresFingerprint : nil
        studentLogProbs = fromBase ? Self.flat(results) { $0.studentLogProbs } : nil
        weights = results.contains { $0.weights != nil } ? Self.flat(results) { $0.weights } : nil
        temperedChoice = response.tempered
        tempered = TemperedTokens(joining: results.map(\.tempered))
        let statistics = results.compactMap(\.statistics)
        let tops = results.compactMap(\.top)
        top =
            response.topK > 0 && tops.count == results.count
            ? TopTokens(
                k: response.topK, tokenIDs: tops.flatMap(\.tokenIDs), logProbs: tops.flatMap(\.logProbs)) : nil
        self.statistics = statistics.count == results.count && weights != nil ? statistics : nil
    }

    private static func flat(_ results: [ScoreResult], _ values: (ScoreResult) -> [Float]?) -> [Float] {
        results.flatMap { values($0) ?? [Float](repeating: .nan, count: $0.tokenIDs.count) }
    }
}
