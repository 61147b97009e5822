import Checkpoints
import Digests
import JSONValues
import Sequences
import TokenWeights

/// The safetensors form of an answer, flat like its request.
///
/// Tensors: `sequence_starts` I64 [B+1], `teacher_logprobs` F32 [N]; `token_ids` I32 [N] where texts were posted; with
/// weights `weights` F32 [N], `scored_tokens`, `clipped_low`, `clipped_high` I64 [B], `mean_weight` F32 [B], and
/// `student_logprobs` F32 [N] where the base made them; with `top_k` `topk_token_ids` I32 and `topk_logprobs` F32 [N, k]. The options used
/// and the fingerprints stand in `__metadata__`, beside what tells whose numbers they are.
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

    /// The flat form of an answer, its results one behind the other.
    ///
    /// - Parameters:
    ///   - includesTokenIDs: true where the client does not know them, as of texts.
    ///   - base: scores fingerprint of the base, where there is one.
    package init(_ response: ScoreResponse, includesTokenIDs: Bool, base: String? = nil) {
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
        baseScoresFingerprint = fromBase ? base : nil
        studentLogProbs = fromBase ? Self.flat(results) { $0.studentLogProbs } : nil
        weights = results.contains { $0.weights != nil } ? Self.flat(results) { $0.weights } : nil
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

    /// Body of the answer, as the server sends it.
    package func safetensors() -> [UInt8] {
        var sources: [SafetensorsWriter.Source] = [
            .init("sequence_starts", sequenceStarts), .init("teacher_logprobs", teacherLogProbs),
        ]
        if let tokenIDs { sources.append(.init("token_ids", tokenIDs)) }
        if let studentLogProbs { sources.append(.init("student_logprobs", studentLogProbs)) }
        if let weights { sources.append(.init("weights", weights)) }
        if let statistics {
            sources.append(.init("scored_tokens", statistics.map(\.scoredTokens)))
            sources.append(.init("mean_weight", statistics.map(\.meanWeight)))
            sources.append(.init("clipped_low", statistics.map(\.clippedLow)))
            sources.append(.init("clipped_high", statistics.map(\.clippedHigh)))
        }
        var members = identity.members + (choice?.members ?? [])
        if let top {
            sources.append(.init("topk_token_ids", top.tokenIDs, columns: top.k))
            sources.append(.init("topk_logprobs", top.logProbs, columns: top.k))
            members.append((ScoreRequest.topKField, "\(top.k)"))
        }
        if let student { members.append(("student", student.rawValue)) }
        if let baseScoresFingerprint { members.append((Self.baseField, baseScoresFingerprint)) }
        if let tokenDigest { members.append((Self.digestField, tokenDigest)) }
        let metadata = Dictionary(members) { _, last in last }
        return SafetensorsWriter(sources, metadata: metadata).bytes()
    }

    private static let (baseField, digestField) = ("base_scores_fingerprint", "token_ids_sha256")

    /// Reads an answer as a client does: unknown tensors are passed over. Throws `WireError`.
    package init(safetensors bytes: [UInt8]) throws {
        let body = try TensorBody(bytes, source: "response body")
        let metadata = body.header.metadata
        guard let identity = ModelIdentity({ metadata[$0] }) else {
            throw WireError.invalidTensor(name: "__metadata__", expected: "the model and its fingerprints", got: "none")
        }
        self.identity = identity
        choice = try WireMetadata.choice(metadata)
        student = metadata["student"].flatMap(StudentOrigin.init)
        baseScoresFingerprint = metadata[Self.baseField]
        tokenDigest = metadata[Self.digestField]
        teacherLogProbs = try body.floats("teacher_logprobs", count: nil)
        let count = teacherLogProbs.count
        sequenceStarts = try body.ints("sequence_starts")
        guard let sequences = try? Spans(boundaries: sequenceStarts), sequences.tokenCount == count else {
            throw WireError.invalidTensor(
                name: "sequence_starts", expected: "increasing numbers from 0 to \(count)", got: "others")
        }
        tokenIDs = body.has("token_ids") ? try Self.tokenIDs(body, count: count) : nil
        studentLogProbs =
            body.has("student_logprobs") ? try body.floats("student_logprobs", count: count) : nil
        weights = body.has("weights") ? try body.floats("weights", count: count) : nil
        top = body.has("topk_token_ids") || body.has("topk_logprobs") ? try Self.top(body, count: count) : nil
        try top?.check(teacherLogProbs: teacherLogProbs)
        statistics = body.has("scored_tokens") ? try Self.statistics(body, count: sequences.count) : nil
    }

    private static func tokenIDs(_ body: TensorBody, count: Int) throws -> [Int32] {
        let ids = try body.tokenIDs("token_ids")
        guard ids.count == count else {
            throw WireError.invalidTensor(
                name: "token_ids", expected: "\(count) ids, one a log-prob", got: "\(ids.count)")
        }
        return try ids.map { value in
            guard value >= 0, let id = Int32(exactly: value) else {
                throw WireError.invalidTensor(
                    name: "token_ids", expected: "ids from 0 to \(Int32.max)", got: "\(value)")
            }
            return id
        }
    }

    private static func top(_ body: TensorBody, count: Int) throws -> TopTokens {
        let (k, tokenIDs) = try body.int32Rows("topk_token_ids", rows: count)
        let (columns, logProbs) = try body.floatRows("topk_logprobs", rows: count)
        guard k == columns, body.header.metadata[ScoreRequest.topKField] == "\(k)" else {
            throw WireError.invalidTensor(
                name: "topk_logprobs", expected: "F32 [\(count), \(k)], and top_k \(k)",
                got: "[\(count), \(columns)], and top_k \(body.header.metadata[ScoreRequest.topKField] ?? "none")")
        }
        return TopTokens(k: k, tokenIDs: tokenIDs, logProbs: logProbs)
    }

    private static func statistics(_ body: TensorBody, count: Int) throws -> [WeightStatistics] {
        let scored = try body.ints("scored_tokens", count: count)
        let means = try body.floats("mean_weight", count: count)
        let low = try body.ints("clipped_low", count: count)
        let high = try body.ints("clipped_high", count: count)
        return (0..<count).map {
            WeightStatistics(
                scoredTokens: scored[$0], meanWeight: means[$0], clippedLow: low[$0], clippedHigh: high[$0])
        }
    }
}
