import Checkpoints

/// The safetensors form of a request, flat: N token ids, cut into B inputs.
///
/// Tensors: `token_ids` U32, I32 or I64 [N]; `sequence_starts` I64 [B+1]; `document_starts` I64 [D] (flat positions);
/// `loss_mask` U8 or BOOL [N]; `student_logprobs` F32 [N]. The options stand in `__metadata__`.
package struct BinaryScoreRequest: Equatable, Sendable {
    package var tokenIDs: [Int32]  // [N]
    package var sequenceStarts: [Int]  // [B+1], first 0, increasing, last N
    /// Every sequence start is among them; nil: each sequence is one document.
    package var documentStarts: [Int]?  // [D]
    package var lossMask: [Bool]?  // [N]
    package var studentLogProbs: [Float]?  // [N]
    /// nil on /v1/logprobs.
    package var choice: WeightingChoice?
    package var returnTokens: Bool?
    /// On /v1/logprobs alone.
    package var topK: Int
    package var pins: ModelPins

    package init(
        tokenIDs: [Int32], sequenceStarts: [Int], documentStarts: [Int]? = nil, lossMask: [Bool]? = nil,
        studentLogProbs: [Float]? = nil, choice: WeightingChoice? = nil, returnTokens: Bool? = nil,
        topK: Int = 0, pins: ModelPins = ModelPins()
    ) {
        self.tokenIDs = tokenIDs
        self.sequenceStarts = sequenceStarts
        self.documentStarts = documentStarts
        self.lossMask = lossMask
        self.studentLogProbs = studentLogProbs
        self.choice = choice
        self.returnTokens = returnTokens
        self.topK = topK
        self.pins = pins
    }

    package static func tensors(for route: ScoreRoute) -> [String] {
        ["token_ids", "sequence_starts", "document_starts"]
            + (route == .weights ? ["loss_mask", "student_logprobs"] : [])
    }

    /// The body to post.
    package func safetensors() -> [UInt8] {
        var sources: [SafetensorsWriter.Source] = [
            .init("token_ids", tokenIDs), .init("sequence_starts", sequenceStarts),
        ]
        if let documentStarts { sources.append(.init("document_starts", documentStarts)) }
        if let lossMask { sources.append(.init("loss_mask", lossMask)) }
        if let studentLogProbs { sources.append(.init("student_logprobs", studentLogProbs)) }
        var members = (choice?.members ?? []) + pins.members
        if let returnTokens { members.append(("return_tokens", "\(returnTokens)")) }
        if topK > 0 { members.append((ScoreRequest.topKField, "\(topK)")) }
        let metadata = Dictionary(members) { _, last in last }
        return SafetensorsWriter(sources, metadata: metadata).bytes()
    }

    /// Reads and checks a posted body. Throws `WireError`.
    package init(safetensors bytes: [UInt8], for route: ScoreRoute) throws {
        let body = try TensorBody(bytes, source: "request body")
        try body.rejectTensors(notAmong: Self.tensors(for: route))
        let metadata = try WireMetadata(body.header.metadata, for: route)
        let wideIDs = try body.tokenIDs("token_ids")
        let count = wideIDs.count
        sequenceStarts = try body.ints("sequence_starts")
        try Self.checkSequences(sequenceStarts, count: count)
        tokenIDs = try Self.narrowed(wideIDs, sequenceStarts)
        documentStarts = body.has("document_starts") ? try body.ints("document_starts") : nil
        if let documentStarts { try Self.checkDocuments(documentStarts, sequenceStarts) }
        lossMask = body.has("loss_mask") ? try body.mask("loss_mask", count: count) : nil
        studentLogProbs = body.has("student_logprobs") ? try body.floats("student_logprobs", count: count) : nil
        choice = route == .weights ? metadata.choice : nil
        returnTokens = metadata.returnTokens
        topK = metadata.topK
        pins = metadata.pins
    }

    /// The same request, input by input.
    package var request: ScoreRequest {
        var inputs: [ScoreInput] = []
        var document = 0
        for (start, end) in zip(sequenceStarts, sequenceStarts.dropFirst()) {
            var starts: [Int]?
            if let documentStarts {
                let first = document
                while document < documentStarts.count && documentStarts[document] < end { document += 1 }
                starts = documentStarts[first..<document].map { $0 - start }
            }
            inputs.append(
                ScoreInput(
                    content: .tokenIDs(Array(tokenIDs[start..<end])), documentStarts: starts,
                    lossMask: lossMask.map { Array($0[start..<end]) },
                    studentLogProbs: studentLogProbs.map { Array($0[start..<end]) }))
        }
        return ScoreRequest(inputs: inputs, choice: choice, returnTokens: returnTokens, topK: topK, pins: pins)
    }
}

extension BinaryScoreRequest {
    private static func checkSequences(_ starts: [Int], count: Int) throws {
        guard starts.count >= 2 else {
            throw WireError.invalidInput(
                item: nil, position: nil,
                reason: "sequence_starts: expected at least one input (two entries), got \(starts.count)")
        }
        guard starts[0] == 0, starts[starts.count - 1] == count else {
            throw WireError.invalidTensor(
                name: "sequence_starts", expected: "0 first and \(count) last, the number of tokens",
                got: "\(starts[0]) and \(starts[starts.count - 1])")
        }
        for at in starts.indices.dropFirst() where starts[at] <= starts[at - 1] {
            if starts[at] == starts[at - 1] {
                throw WireError.invalidInput(
                    item: at - 1, position: nil, reason: "expected at least one token id, got none")
            }
            throw WireError.invalidTensor(
                name: "sequence_starts", expected: "increasing numbers", got: "\(starts[at]) at [\(at)]")
        }
    }

    /// Strictly increasing, within the tokens, every sequence start among them.
    private static func checkDocuments(_ documents: [Int], _ sequences: [Int]) throws {
        var sequence = 0
        for (at, start) in documents.enumerated() {
            let next = sequences[sequence]  // the last one is the count of tokens, which no document may reach
            guard start > (at == 0 ? -1 : documents[at - 1]), start <= next, start < sequences[sequences.count - 1]
            else {
                throw WireError.invalidInput(
                    item: max(0, sequence - 1), position: nil,
                    reason: "document_starts[\(at)]: expected increasing positions with \(next) among them, "
                        + "got \(start)")
            }
            if start == next { sequence += 1 }
        }
        guard sequence == sequences.count - 1 else {
            throw WireError.invalidInput(
                item: sequence, position: nil,
                reason: "document_starts: expected \(sequences[sequence]), where the input begins, among them")
        }
    }

    private static func narrowed(_ ids: [Int], _ sequences: [Int]) throws -> [Int32] {
        try ids.enumerated().map { at, value in
            if value >= 0, let id = Int32(exactly: value) { return id }
            let item = (sequences.firstIndex { $0 > at } ?? 1) - 1
            throw WireError.tokenIDOutOfRange(item: item, position: at - sequences[item], got: value)
        }
    }
}
