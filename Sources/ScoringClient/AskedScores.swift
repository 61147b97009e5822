import ScoringAPI
import Sequences
import TokenWeights

/// What makes an answer none to its request.
struct AnswerFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ what: String, expected: String, got: String) {
        description = "expected \(what)\(what.isEmpty ? "" : " ")\(expected), got \(got)"
    }
}

/// A request to score, as far as its answer must agree with it: numbers that belong to other tokens, to another model or to nobody would
/// go unnoticed into every weight.
struct AskedScores {
    private let pins: ModelPins
    private let tokenIDs: [Int32]  // [N]
    private let sequenceStarts: [Int]  // [B+1]
    private let documentStarts: [Int]  // [D], flat
    private let topK: Int
    /// nil where log-probs were asked for.
    private let weights: AskedWeights?

    init(_ request: BinaryScoreRequest, _ route: ScoreRoute) throws {
        pins = request.pins
        tokenIDs = request.tokenIDs
        sequenceStarts = request.sequenceStarts
        documentStarts = request.documentStarts ?? request.sequenceStarts.dropLast()
        topK = request.topK
        weights =
            route == .logProbs
            ? nil
            : try AskedWeights(
                request.choice ?? WeightingChoice(),
                scored: AskedWeights.scored(request.lossMask, count: tokenIDs.count, documentStarts),
                sendsStudent: request.studentLogProbs != nil)
    }

    /// The JSON form. The ids of a text are known by its answer alone, which must have one result an input, in their order.
    init(_ request: ScoreRequest, answered response: ScoreResponse, _ route: ScoreRoute) throws {
        guard response.results.count == request.inputs.count else {
            throw AnswerFault(
                "", expected: "\(request.inputs.count) results, one an input", got: "\(response.results.count)")
        }
        var (ids, starts, documents, mask) = ([Int32](), [0], [Int](), [Bool]())
        for (item, (input, result)) in zip(request.inputs, response.results).enumerated() {
            if input.id != result.id {
                throw AnswerFault("inputs[\(item)]: expected id \(input.id ?? "none"), got \(result.id ?? "none")")
            }
            let count = result.tokenIDs.count
            documents += (input.documentStarts ?? [0]).map { $0 + ids.count }
            mask += input.lossMask.map { Array($0.prefix(count)) } ?? []
            mask += [Bool](repeating: true, count: starts[item] + count - mask.count)
            if case .tokenIDs(let asked) = input.content { ids += asked } else { ids += result.tokenIDs }
            starts.append(ids.count)
        }
        pins = request.pins
        (tokenIDs, sequenceStarts, documentStarts) = (ids, starts, documents)
        topK = request.topK
        let sendsStudent = request.inputs.contains { $0.studentLogProbs != nil }
        weights =
            route == .logProbs
            ? nil
            : try AskedWeights(
                request.choice ?? WeightingChoice(),
                scored: AskedWeights.scored(mask, count: mask.count, documentStarts),
                sendsStudent: sendsStudent)
    }

    /// Throws `AnswerFault`. (The answer's tensors have been checked against each other.)
    func check(_ answer: BinaryScoreResponse) throws {
        if let (field, pinned, got) = pins.difference(from: answer.identity) {
            throw AnswerFault(field, expected: "\(pinned), as the request pins it", got: got)
        }
        guard answer.sequenceStarts == sequenceStarts else {
            throw AnswerFault("expected sequence_starts as in the request, got others")
        }
        if let ids = answer.tokenIDs, let index = ids.indices.first(where: { ids[$0] != tokenIDs[$0] }) {
            throw AnswerFault(
                "\(place(index)): expected token id \(tokenIDs[index]), as in the request, got \(ids[index])")
        }
        if let digest = answer.tokenDigest, digest != BinaryScoreResponse.digest(tokenIDs) {
            throw AnswerFault(
                "expected numbers for the token ids that were sent, got those of other ids (token_ids_sha256 \(digest))"
            )
        }
        guard topK == answer.top?.k ?? 0 else {
            throw AnswerFault("expected \(topK) of the likeliest tokens, as top_k asks for, got \(answer.top?.k ?? 0)")
        }
        if let fault = LogProbFault(in: answer.teacherLogProbs[...], documentStarts: documentStarts) {
            throw AnswerFault(
                "teacher_logprobs of \(place(fault.position)): expected \(fault.expected), got \(fault.got)")
        }
        try weights?.check(answer, place)
    }

    /// For people: the input, and the position in it.
    private func place(_ index: Int) -> String {
        let item = (sequenceStarts.firstIndex { $0 > index } ?? sequenceStarts.count) - 1
        return "inputs[\(item)], position \(index - sequenceStarts[item])"
    }
}
