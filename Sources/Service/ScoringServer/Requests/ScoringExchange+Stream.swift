import Scoring
import ScoringAPI
import Sequences

/// NDJSON: each input's result as a line of its own, as soon as it is there.
extension ScoringExchange {
    /// Returns with the first line in hand, so that whatever goes wrong before it has its own status. The rest is scored while
    /// the answer is written. A line is made when the one before it has gone out: a reader that is slow, or has stopped, holds
    /// the scores that it asked for and one line, which are claimed before anything is scored, and nobody else.
    func streamedAnswer(_ encode: @escaping @Sendable (ScoreLine) -> [UInt8]) throws -> ServiceAnswer {
        let deadline = request.deadline
        let caller = request.caller
        let jobs = jobs
        try request.claimAnswer(AnswerMemory.streamedBytes(of: prepared.inputs, prepared.request.detail))
        let stream = try service.charging(request.key, tokens: prepared.tokenCount) { try service.queue.stream(jobs) }
        var assembler = ResultAssembler(parts)
        var complete: [Int] = []
        while complete.isEmpty {
            switch try locating({ try stream.next(until: deadline, caller: caller) }) {
            case .finished(let news): complete = assembler.add(news)
            case .end: throw QueueError.engineFailed("all segments are scored and no input is complete")
            }
        }
        let first = try line(complete.removeFirst(), &assembler, encode)
        return ServiceAnswer(
            contentType: forms.answer.mediaType.rawValue, failure: { encode(.failure($0)) }
        ) { [assembler, complete] write in
            var (assembler, complete) = (assembler, complete)
            try write(first)
            while true {
                for input in complete {
                    // A reader that takes its time may take the request's, and no more.
                    guard ContinuousClock.now < deadline else {
                        throw QueueError.deadlineExceeded(retryAfter: service.queue.backlog)
                    }
                    try write(line(input, &assembler, encode))
                }
                switch try locating({ try stream.next(until: deadline, caller: caller) }) {
                case .finished(let news): complete = assembler.add(news)
                case .end(let outcome):
                    service.metrics.count(outcome)
                    return outcome
                }
            }
        }
    }

    private var parts: [ResultAssembler.Parts] {
        let models = prepared.models
        return prepared.inputs.map { input in
            let segments = input.sequence.segments.map(\.digest)
            let keys = { (model: LoadedModel, detail: ScoreDetail) in
                segments.map { SegmentKey(scoresFingerprint: model.scoresFingerprint, segment: $0, detail) }
            }
            return ResultAssembler.Parts(
                teacher: keys(models.teacher, prepared.request.detail),
                base: input.needsBase ? models.base.map { keys($0, .none) } ?? [] : [])
        }
    }

    private func line(
        _ index: Int, _ assembler: inout ResultAssembler, _ encode: (ScoreLine) -> [UInt8]
    ) throws -> [UInt8] {
        let identity = prepared.models.identity(of: prepared.models.teacher)
        return try service.finishing(request) {
            let input = prepared.inputs[index]
            let (teacher, base) = assembler.take(index)
            return encode(
                .result(
                    index: index, identity: identity, choice: choice, tempered: prepared.request.tempered,
                    try result(input, teacher, input.needsBase ? base : nil)))
        }
    }
}
