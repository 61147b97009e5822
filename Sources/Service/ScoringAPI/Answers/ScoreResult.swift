import JSONValues

/// Source of the student log-probs that weights were made from: posted with the request, or computed by the server's frozen base.
package enum StudentOrigin: String, CaseIterable, Sendable {
    case request, base
}

/// Statistics of the weights over the scored positions of one input.
package struct WeightStatistics: Equatable, Sendable {
    /// Number of scored positions.
    package var scoredTokens: Int
    /// Mean weight of the scored positions; NaN where nothing is scored, null in JSON.
    package var meanWeight: Float
    /// Scored positions whose weight was below 1 - epsilon before the clip.
    package var clippedLow: Int
    /// Scored positions whose weight was above 1 + epsilon before the clip.
    package var clippedHigh: Int

    package init(scoredTokens: Int, meanWeight: Float, clippedLow: Int, clippedHigh: Int) {
        self.scoredTokens = scoredTokens
        self.meanWeight = meanWeight
        self.clippedLow = clippedLow
        self.clippedHigh = clippedHigh
    }
}

/// The answer to one input: T tokens.
package struct ScoreResult: Equatable, Sendable {
    /// The input's own id, repeated; nil where it has none.
    package var id: String?
    /// Ids that were scored: those posted, or those of the posted text.
    package var tokenIDs: [Int32]  // [T]
    /// What each token shows as; nil where `return_tokens` is false, or unsaid and ids were posted.
    package var tokens: [String]?  // [T]
    /// Spans of the tokens in the UTF-8 bytes of the text, 0..<0 for a special token; nil where ids were posted or `tokens` is nil.
    package var offsets: [Range<Int>]?  // [T]
    /// Whose log-probs the weights were made from; nil without weights, and where the weighting needs no student.
    package var student: StudentOrigin?
    /// Natural log-probs of the tokens under the teacher.
    package var teacherLogProbs: [Float]  // [T], NaN at document starts
    /// Natural log-probs of the tokens under the base; nil where the base was not needed. Posted ones are not repeated.
    package var studentLogProbs: [Float]?  // [T]
    /// Factor of each token's loss; nil on /v1/logprobs.
    package var weights: [Float]?  // [T], 0 where not scored
    /// Likeliest tokens at each position; nil where they were not asked for.
    package var top: TopTokens?
    /// Numbers of the distributions that predict the tokens; empty where none were asked for.
    package var tempered: TemperedTokens
    /// Statistics of `weights`; nil on /v1/logprobs.
    package var statistics: WeightStatistics?

    package init(
        id: String? = nil, tokenIDs: [Int32], tokens: [String]? = nil, offsets: [Range<Int>]? = nil,
        student: StudentOrigin? = nil, teacherLogProbs: [Float], studentLogProbs: [Float]? = nil,
        weights: [Float]? = nil, top: TopTokens? = nil, tempered: TemperedTokens = TemperedTokens(),
        statistics: WeightStatistics? = nil
    ) {
        self.id = id
        self.tokenIDs = tokenIDs
        self.tokens = tokens
        self.offsets = offsets
        self.student = student
        self.teacherLogProbs = teacherLogProbs
        self.studentLogProbs = studentLogProbs
        self.weights = weights
        self.top = top
        self.tempered = tempered
        self.statistics = statistics
    }
}

extension ScoreResult {
    func write(to writer: inout JSONWriter) {
        writer.object { writeMembers(to: &$0) }
    }

    func writeMembers(to writer: inout JSONWriter) {
        if let id { writer.field("id", id) }
        writer.field("token_ids", tokenIDs)
        if let tokens { writer.field("tokens", tokens) }
        if let offsets { writer.spans("offsets", offsets) }
        if let student { writer.field("student", student.rawValue) }
        writer.field("teacher_logprobs", teacherLogProbs)
        if let studentLogProbs { writer.field("student_logprobs", studentLogProbs) }
        if let weights { writer.field("weights", weights) }
        top?.write(to: &writer)
        tempered.write(to: &writer)
        if let statistics {
            writer.key("statistics")
            statistics.write(to: &writer)
        }
    }

    init(_ reader: inout JSONReader) throws {
        var result = ScoreResult(tokenIDs: [], teacherLogProbs: [])
        var (topIDs, topLogProbs) = ([[Int32]?]?.none, [[Float]?]?.none)
        let keys = try reader.object { reader, key in
            switch key {
            case "id": result.id = try reader.string()
            case "token_ids": result.tokenIDs = try reader.int32s()
            case "tokens": result.tokens = try reader.strings()
            case "offsets": result.offsets = try reader.spans()
            case "student": result.student = try reader.studentOrigin()
            case "teacher_logprobs": result.teacherLogProbs = try reader.floatsOrNulls()
            case "student_logprobs": result.studentLogProbs = try reader.floatsOrNulls()
            case "weights": result.weights = try reader.floatsOrNulls()
            case "topk_token_ids": topIDs = try reader.rowsOrNulls { try $0.int32s() }
            case "topk_logprobs": topLogProbs = try reader.rowsOrNulls { try $0.floatsOrNulls() }
            case "statistics": result.statistics = try WeightStatistics(&reader)
            default: if try !result.tempered.take(key, &reader) { try reader.skip() }
            }
        }
        for name in ["token_ids", "teacher_logprobs"] where !keys.contains(name) { throw reader.missingField(name) }
        for (name, count) in [
            ("teacher_logprobs", result.teacherLogProbs.count), ("student_logprobs", result.studentLogProbs?.count),
            ("weights", result.weights?.count), ("tokens", result.tokens?.count), ("offsets", result.offsets?.count),
        ] {
            guard count ?? result.tokenIDs.count == result.tokenIDs.count else {
                throw reader.invalid(
                    expected: "\(name) to have \(result.tokenIDs.count) entries, one a token", got: "\(count ?? 0)")
            }
        }
        if topIDs != nil || topLogProbs != nil {
            guard let top = TopTokens(tokenIDs: topIDs ?? [], logProbs: topLogProbs ?? []) else {
                throw reader.invalid(expected: "topk_token_ids and topk_logprobs with k in each row", got: "others")
            }
            try top.check(teacherLogProbs: result.teacherLogProbs)
            result.top = top
        }
        self = result
    }
}

extension WeightStatistics {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("scored_tokens", scoredTokens)
            writer.field("mean_weight", meanWeight)
            writer.field("clipped_low", clippedLow)
            writer.field("clipped_high", clippedHigh)
        }
    }

    init(_ reader: inout JSONReader) throws {
        var statistics = WeightStatistics(scoredTokens: 0, meanWeight: .nan, clippedLow: 0, clippedHigh: 0)
        try reader.object { reader, key in
            switch key {
            case "scored_tokens": statistics.scoredTokens = try reader.int()
            case "mean_weight": statistics.meanWeight = try reader.takeNull() ? .nan : try reader.float()
            case "clipped_low": statistics.clippedLow = try reader.int()
            case "clipped_high": statistics.clippedHigh = try reader.int()
            default: try reader.skip()
            }
        }
        self = statistics
    }
}

extension JSONWriter {
    mutating func spans(_ name: String, _ spans: [Range<Int>]) {
        key(name)
        array { writer in
            for span in spans {
                writer.element()
                writer.array { writer in
                    writer.element()
                    writer.write(span.lowerBound)
                    writer.element()
                    writer.write(span.upperBound)
                }
            }
        }
    }
}

extension JSONReader {
    mutating func strings() throws -> [String] {
        var values: [String] = []
        try array { reader, _ in values.append(try reader.string()) }
        return values
    }

    mutating func spans() throws -> [Range<Int>] {
        var spans: [Range<Int>] = []
        try array { reader, _ in
            let pair = try reader.ints()
            guard pair.count == 2, pair[0] <= pair[1] else {
                throw reader.invalid(expected: "[start, end]", got: "\(pair)")
            }
            spans.append(pair[0]..<pair[1])
        }
        return spans
    }

    mutating func studentOrigin() throws -> StudentOrigin {
        let name = try string()
        guard let origin = StudentOrigin(rawValue: name) else {
            throw invalid(
                expected: StudentOrigin.allCases.map(\.rawValue).joined(separator: " or "),
                got: name.shortened(toBytes: 80))
        }
        return origin
    }
}
