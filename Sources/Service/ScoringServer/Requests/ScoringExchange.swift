import Digests
import HTTPSockets
import Scoring
import ScoringAPI
import Sequences
import TokenWeights

/// What both scoring routes do with a prepared request: charge the key, score teacher and base, and make of each input's
/// log-probs its result.
struct ScoringExchange: Sendable {
    let service: ScoringService
    let request: ServiceRequest
    let forms: ScoreForms
    let prepared: PreparedRequest
    let choice: Weighting?
    /// - Parameters: the input, the teacher's scores, and the base's where the input needs them.
    let result: @Sendable (PreparedInput, TokenScores, TokenScores?) throws -> ScoreResult
    /// Memory that the answer takes in bytes, where it is made whole; nil: what those of our own forms take.
    var answerBytes: Int?

    func answer() throws -> ServiceAnswer {
        if let time = prepared.tokenizationTime { service.metrics.countTokenization(time) }
        return switch forms.answer.answer {
        case .whole(let encode): try wholeAnswer(encode)
        case .pieces(let encode): try streamedAnswer(encode)
        }
    }

    private func wholeAnswer(
        _ encode: @Sendable (ScoreRequest, ScoreResponse) -> [UInt8]
    ) throws -> ServiceAnswer {
        let bytes = answerBytes ?? AnswerMemory.bytes(of: prepared.inputs, prepared.request.detail)
        try request.checkAnswer(bytes)
        let outcome = try locating {
            try service.charging(request.key, tokens: prepared.tokenCount) {
                try service.queue.scores(jobs, deadline: request.deadline, caller: request.caller)
            }
        }
        service.metrics.count(outcome)
        try request.http.lease.claim(bytes)
        return try service.finishing(request) {
            ServiceAnswer(
                contentType: forms.answer.mediaType.rawValue, body: encode(prepared.request, try response(outcome)),
                outcome: outcome)
        }
    }

    /// Runs what asks the queue, which knows segments: what is wrong with one of them is said of the input that holds it.
    func locating<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch QueueError.impossibleLogProb(let key, let position, let got) {
            for (item, input) in prepared.inputs.enumerated() {
                for (segment, start) in zip(input.sequence.segments, input.sequence.documents.starts)
                where segment.digest == key.segment {
                    let isTeacher = key.scoresFingerprint == prepared.models.teacher.scoresFingerprint
                    throw ServiceError.impossibleLogProb(
                        item: item, position: start + position,
                        what: "the \(isTeacher ? "teacher" : "base") gave the log-prob \(got)")
                }
            }
            throw QueueError.impossibleLogProb(key, position: position, got: got)
        }
    }

    var jobs: [ScoringJob] {
        let teacher = ScoringJob(
            engine: prepared.models.teacher.engine, segments: prepared.inputs.flatMap(\.sequence.segments),
            // Log-probs of segments that nobody has, since they end with a token of ours, would only take room from others.
            isKept: !prepared.request.predictsNext, detail: prepared.request.detail)
        let forBase = prepared.inputs.filter(\.needsBase).flatMap(\.sequence.segments)
        guard let base = prepared.models.base, !forBase.isEmpty else { return [teacher] }
        return [teacher, ScoringJob(engine: base.engine, segments: forBase)]
    }

    private func response(_ outcome: ScoringOutcome) throws -> ScoreResponse {
        var teacherSegments = outcome.scores[0][...]
        var baseSegments = outcome.scores.dropFirst().first?[...] ?? []
        let results = try prepared.inputs.map { input in
            let teacher = teacherSegments.takeSequence(input.sequence)
            return try result(input, teacher, input.needsBase ? baseSegments.takeSequence(input.sequence) : nil)
        }
        return ScoreResponse(
            identity: prepared.models.identity(of: prepared.models.teacher),
            baseScoresFingerprint: prepared.models.base?.scoresFingerprint.hex, choice: choice,
            topK: prepared.request.topK, tempered: prepared.request.tempered, results: results)
    }
}

extension ArraySlice<TokenScores> {
    /// Joins the scores of the next sequence's segments.
    mutating func takeSequence(_ sequence: TokenSequence) -> TokenScores {
        let count = sequence.documents.count
        defer { self = dropFirst(count) }
        return TokenScores(joining: prefix(count))
    }
}
