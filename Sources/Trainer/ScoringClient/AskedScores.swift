import Digests
import ScoringAPI
import Sequences
import TokenWeights

/// A reason why an answer is none to its request.
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
    private let sequences: Spans
    private let documents: Spans
    private let topK: Int
    private let tempered: TemperedChoice
    /// Weights that were asked for; nil where log-probs were.
    private let weights: AskedWeights?

    init(_ request: BinaryScoreRequest, _ route: ScoreRoute) throws {
        pins = request.pins
        tokenIDs = request.tokenIDs
        let sequences = try Spans(boundaries: request.sequenceStarts)
        let starts = request.documentStarts ?? sequences.starts
        (self.sequences, documents) = (sequences, try Spans(starts: starts, tokenCount: sequences.tokenCount))
        (topK, tempered) = (request.topK, request.tempered)
        weights =
            route == .logProbs
            ? nil
            : try AskedWeights(
                request.choice ?? Weighting(),
                scored: documents.scored(request.lossMask),
                sendsStudent: request.studentLogProbs != nil)
    }

    /// What an answer to a request in JSON must agree with. The ids of a text are known by its answer alone, which must have one
    /// result an input, in their order.
    init(_ request: ScoreRequest, answered response: ScoreResponse, _ route: ScoreRoute) throws {
        guard response.results.count == request.inputs.count else {
            throw AnswerFault(
                "", expected: "\(request.inputs.count) results, one an input", got: "\(response.results.count)")
        }
        var (ids, documents, mask) = ([Int32](), [Spans](), [Bool]())
        for (item, (input, result)) in zip(request.inputs, response.results).enumerated() {
            if input.id != result.id {
                throw AnswerFault("inputs[\(item)]: expected id \(input.id ?? "none"), got \(result.id ?? "none")")
            }
            let asked = if case .tokenIDs(let asked) = input.content { asked } else { result.tokenIDs }
            for count in [asked.count, input.lossMask?.count ?? asked.count] where count != result.tokenIDs.count {
                throw AnswerFault("inputs[\(item)]: expected \(count) tokens, got \(result.tokenIDs.count)")
            }
            ids += asked
            do throws(SpanFault) {
                documents.append(try Spans(starts: input.documentStarts ?? [0], tokenCount: asked.count))
            } catch {
                throw AnswerFault("inputs[\(item)]: \(asked.count) tokens do not go with document_starts\(error)")
            }
            mask += input.lossMask ?? [Bool](repeating: true, count: asked.count)
        }
        pins = request.pins
        tokenIDs = ids
        sequences = Spans(lengths: documents.lazy.map(\.tokenCount))
        self.documents = Spans(joining: documents)
        (topK, tempered) = (request.topK, request.tempered)
        guard route == .weights else {
            weights = nil
            return
        }
        // Inputs may differ in whose log-probs theirs are; the flat answer states one student, so each result is looked at.
        let posted = request.inputs.map { $0.studentLogProbs != nil }
        let asked = try AskedWeights(
            request.choice ?? Weighting(), scored: self.documents.scored(mask),
            sendsStudent: Set(posted).count == 1 ? posted[0] : nil)
        for (item, (posted, result)) in zip(posted, response.results).enumerated() {
            try asked.checkStudent(result.student, isPosted: posted, of: "inputs[\(item)]: ")
        }
        weights = asked
    }

    /// Checks an answer whose tensors have been checked against each other. Throws `AnswerFault`.
    func check(_ answer: BinaryScoreResponse) throws {
        if let (field, pinned, got) = pins.difference(from: answer.identity) {
            throw AnswerFault(field, expected: "\(pinned), as the request pins it", got: got)
        }
        guard answer.sequenceStarts == sequences.boundaries else {
            throw AnswerFault("expected sequence_starts as in the request, got others")
        }
        if let ids = answer.tokenIDs, let index = ids.indices.first(where: { ids[$0] != tokenIDs[$0] }) {
            throw AnswerFault(
                "\(place(index)): expected token id \(tokenIDs[index]), as in the request, got \(ids[index])")
        }
        if let digest = answer.tokenDigest, digest != Segment.digest(of: tokenIDs).hex {
            throw AnswerFault(
                "expected numbers for the token ids that were sent, got those of other ids (token_ids_sha256 \(digest))"
            )
        }
        guard topK == answer.top?.k ?? 0 else {
            throw AnswerFault("expected \(topK) of the likeliest tokens, as top_k asks for, got \(answer.top?.k ?? 0)")
        }
        guard tempered == answer.temperedChoice else {
            throw AnswerFault(
                "expected entropy \(tempered.entropy) and temperatures \(tempered.temperatures), as asked for, got "
                    + "\(answer.temperedChoice.entropy) and \(answer.temperedChoice.temperatures)")
        }
        if let fault = LogProbFault(in: answer.teacherLogProbs[...], documents: documents) {
            throw AnswerFault(
                "teacher_logprobs of \(place(fault.position)): expected \(fault.expected), got \(fault.got)")
        }
        try weights?.check(answer, sequences, place)
    }

    /// Input and position in it, for people.
    private func place(_ index: Int) -> String {
        let item = sequences.index(holding: index)
        return "inputs[\(item)], position \(index - sequences.starts[item])"
    }
}
