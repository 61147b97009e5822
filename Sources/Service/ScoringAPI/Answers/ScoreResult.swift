import JSONValues

/// Whose log-probs the weights were made from.
package enum StudentOrigin: String, CaseIterable, Sendable {
    case request, base
}

/// Over the scored positions of one input.
package struct WeightStatistics: Equatable, Sendable {
    package var scoredTokens: Int
    /// NaN where nothing is scored.
    package var meanWeight: Float
    package var clippedLow: Int
    package var clippedHigh: Int

    package init(scoredTokens: Int, meanWeight: Float, clippedLow: Int, clippedHigh: Int) {
        self.scoredTokens = scoredTokens
        self.meanWeight = meanWeight
        self.clippedLow = clippedLow
        self.clippedHigh = clippedHigh
    }
}

/// The answer to one input.
package struct ScoreResult: Equatable, Sendable {
    package var id: String?
    package var tokenIDs: [Int32]  // [T]
    package var tokens: [String]?  // [T]
    /// Spans in the UTF-8 bytes of the text; 0..<0 for a special token.
    package var offsets: [Range<Int>]?  // [T]
    package var student: StudentOrigin?
    package var teacherLogProbs: [Float]  // [T], NaN at document starts
    package var studentLogProbs: [Float]?  // [T]
    package var weights: [Float]?  // [T], 0 where not scored
    /// Where they were asked for.
    package var top: TopTokens?
    package var statistics: WeightStatistics?

    package init(
        id: String? = nil, tokenIDs: [Int32], tokens: [String]? = nil, offsets: [Range<Int>]? = nil,
        student: StudentOrigin? = nil, teacherLogProbs: [Float], studentLogProbs: [Float]? = nil,
        weights: [Float]? = nil, top: TopTokens? = nil, statistics: WeightStatistics? = nil
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
            default: try reader.skip()
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
