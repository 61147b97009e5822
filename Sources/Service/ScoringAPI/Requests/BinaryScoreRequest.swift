import Checkpoints
import Sequences
import TokenWeights

/// The safetensors form of a request, flat: N token ids, cut into B inputs.
///
/// Tensors: `token_ids` U32, I32 or I64 [N]; `sequence_starts` I64 [B+1]; `document_starts` I64 [D] (flat positions);
/// `loss_mask` U8 or BOOL [N]; `student_logprobs` F32 [N]. The options stand in `__metadata__`.
package struct BinaryScoreRequest: Equatable, Sendable {
    /// Ids to score, all inputs one behind the other.
    package var tokenIDs: [Int32]  // [N]
    /// Flat positions at which inputs begin, then N.
    package var sequenceStarts: [Int]  // [B+1], first 0, increasing, last N
    /// Flat positions at which documents begin, every sequence start among them; nil: each sequence is one document.
    package var documentStarts: [Int]?  // [D]
    /// Positions whose loss counts; false is context only. nil: all of them. The first token of a document never counts.
    package var lossMask: [Bool]?  // [N]
    /// Natural log-probs under the current student, finite and at most 0 where scored. nil: the server's base makes them, if they are
    /// needed.
    package var studentLogProbs: [Float]?  // [N]
    /// Weighting that is asked for; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Whether an answer in JSON shows each token as text; nil: no. The safetensors form has no texts.
    package var returnTokens: Bool?
    /// Number of the likeliest tokens wanted at each position, 0 for none; on /v1/logprobs alone.
    package var topK: Int
    /// Numbers of the whole distributions that are wanted; on /v1/logprobs alone.
    package var tempered: TemperedChoice
    /// Model that is wanted, and fingerprints that must hold.
    package var pins: ModelPins

    package init(
        tokenIDs: [Int32], sequenceStarts: [Int], documentStarts: [Int]? = nil, lossMask: [Bool]? = nil,
        studentLogProbs: [Float]? = nil, choice: Weighting? = nil, returnTokens: Bool? = nil,
        topK: Int = 0, tempered: TemperedChoice = TemperedChoice(), pins: ModelPins = ModelPins()
    ) {
        self.tokenIDs = tokenIDs
        self.sequenceStarts = sequenceStarts
        self.documentStarts = documentStarts
        self.lossMask = lossMask
        self.studentLogProbs = studentLogProbs
        self.choice = choice
        self.returnTokens = returnTokens
        self.topK = topK
        self.tempered = tempered
        self.pins = pins
    }

    /// Names of the tensors that a body for this route may have; a server refuses any other.
    package static func tensors(for route: ScoreRoute) -> [String] {
        ["token_ids", "sequence_starts", "document_starts"]
            + (route == .weights ? ["loss_mask", "student_logprobs"] : [])
    }

    /// The request cut into its inputs.
    ///
    /// - Throws: `WireError` where starts are out of order or beyond the tokens; those of a posted body have been checked.
    package func request() throws -> ScoreRequest {
        let sequences = try Self.sequences(sequenceStarts, count: tokenIDs.count)
        let documents = try documentStarts.map { try Self.documents($0, of: sequences) }
        let inputs = sequences.enumerated().map { item, range in
            ScoreInput(
                content: .tokenIDs(Array(tokenIDs[range])), documentStarts: documents?[item].starts,
                lossMask: lossMask.map { Array($0[range]) }, studentLogProbs: studentLogProbs.map { Array($0[range]) })
        }
        return ScoreRequest(
            inputs: inputs, choice: choice, returnTokens: returnTokens, topK: topK, tempered: tempered, pins: pins)
    }
}

extension BinaryScoreRequest {
    static func sequences(_ boundaries: [Int], count: Int) throws -> Spans {
        guard boundaries.count >= 2 else {
            throw WireError.invalidInput(
                item: nil, position: nil,
                reason: "sequence_starts: expected at least one input (two entries), got \(boundaries.count)")
        }
        guard boundaries[boundaries.count - 1] == count else {
            throw WireError.invalidTensor(
                name: "sequence_starts", expected: "\(count) last, the number of tokens",
                got: "\(boundaries[boundaries.count - 1])")
        }
        if let item = boundaries.indices.dropLast().first(where: { boundaries[$0] == boundaries[$0 + 1] }) {
            throw WireError.invalidInput(
                item: item, position: nil, reason: "expected at least one token id, got none")
        }
        do throws(SpanFault) {
            return try Spans(boundaries: boundaries)
        } catch {
            throw WireError.invalidTensor(
                name: "sequence_starts", expected: "\(error.expected) at [\(error.index)]",
                got: error.got.map(String.init) ?? "nothing")
        }
    }

    /// Documents of each sequence, from flat positions that have every sequence start among them.
    static func documents(_ starts: [Int], of sequences: Spans) throws -> [Spans] {
        let known = Set(starts)
        if let item = sequences.starts.firstIndex(where: { !known.contains($0) }) {
            throw WireError.invalidInput(
                item: item, position: nil,
                reason: "document_starts: expected \(sequences.starts[item]), where the input begins, among them")
        }
        do throws(SpanFault) {
            return try Spans(starts: starts, tokenCount: sequences.tokenCount).grouped(by: sequences)
        } catch {
            // Those before the first that is wrong are in order.
            let before = error.index > 0 ? min(starts[error.index - 1], sequences.tokenCount - 1) : 0
            let item = sequences.index(holding: before)
            throw WireError.invalidInput(item: item, position: nil, reason: "document_starts\(error)")
        }
    }

    static func narrowed(_ ids: [Int], _ sequences: Spans) throws -> [Int32] {
        try ids.enumerated().map { at, value in
            if value >= 0, let id = Int32(exactly: value) { return id }
            let item = sequences.index(holding: at)
            throw WireError.tokenIDOutOfRange(item: item, position: at - sequences.starts[item], got: value)
        }
    }
}
