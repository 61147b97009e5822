import Checkpoints
import Sequences

extension MediaType {
    package static let safetensors = MediaType(rawValue: "application/vnd.safetensors")
}

/// safetensors, for trainers: flat tensors, 4 bytes a log-prob, the options as strings in `__metadata__`.
extension ScoreCodec {
    package static let safetensors = ScoreCodec(
        .safetensors,
        request: { try BinaryScoreRequest(safetensors: $0, for: $1, claim: $2).request() },
        answer: .whole { request, response in
            BinaryScoreResponse(response, includesTokenIDs: request.hasTexts).safetensors()
        })
}

extension BinaryScoreRequest {
    /// Body to post.
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
        members += tempered.members
        let metadata = Dictionary(members) { _, last in last }
        return SafetensorsWriter(sources, metadata: metadata).bytes()
    }

    /// Reads and checks a posted body. Throws `WireError`, and what `claim` throws.
    ///
    /// - Parameter claim: asked for the memory that this and `request` take beside the body, before they do.
    package init(safetensors bytes: [UInt8], for route: ScoreRoute, claim: MemoryClaim = { _ in }) throws {
        try claim(DecodingMemory.header(bytes))
        let body = try TensorBody(bytes, source: "request body")
        try body.rejectTensors(notAmong: Self.tensors(for: route))
        try claim(
            DecodingMemory.tensors(
                byteCount: bytes.count, inputs: body.elementCount("sequence_starts"),
                documents: body.elementCount("document_starts")))
        let metadata = try WireMetadata(body.header.metadata, for: route)
        let wideIDs = try body.tokenIDs("token_ids")
        let count = wideIDs.count
        sequenceStarts = try body.ints("sequence_starts")
        let sequences = try Self.sequences(sequenceStarts, count: count)
        tokenIDs = try Self.narrowed(wideIDs, sequences)
        documentStarts = body.has("document_starts") ? try body.ints("document_starts") : nil
        if let documentStarts { _ = try Self.documents(documentStarts, of: sequences) }
        lossMask = body.has("loss_mask") ? try body.mask("loss_mask", count: count) : nil
        studentLogProbs = body.has("student_logprobs") ? try body.floats("student_logprobs", count: count) : nil
        choice = route == .weights ? metadata.choice : nil
        returnTokens = metadata.returnTokens
        topK = metadata.topK
        tempered = metadata.tempered
        pins = metadata.pins
    }
}

extension BinaryScoreResponse {
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
        sources += tempered.sources
        members += temperedChoice.members
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
        temperedChoice = try WireMetadata.tempered(metadata)
        tempered = try TemperedTokens(body, count: count)
        try tempered.check(temperedChoice, teacherLogProbs: teacherLogProbs)
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

extension TemperedTokens {
    fileprivate var sources: [SafetensorsWriter.Source] {
        let lists = [(Self.logSumExpField, logSumExps), (Self.entropiesField, entropies)]
        return (entropy.map { [.init(Self.entropyField, $0)] } ?? [])
            + lists.filter { !$1.isEmpty }.map { .init($0, $1.flatMap(\.self), columns: $1[0].count) }
    }

    /// - Parameter count: N.
    fileprivate init(_ body: TensorBody, count: Int) throws {
        func lists(_ name: String) throws -> [[Float]] {
            guard body.has(name) else { return [] }
            let (rows, values) = try body.floatRows(name, columns: count)
            return (0..<rows).map { Array(values[$0 * count..<($0 + 1) * count]) }
        }
        self.init(
            entropy: body.has(Self.entropyField) ? try body.floats(Self.entropyField, count: count) : nil,
            logSumExps: try lists(Self.logSumExpField), entropies: try lists(Self.entropiesField))
    }
}
