import Dispatch
import HTTPClient
import Sequences
import System

/// Has a URL score the canaries. Blocks.
struct CanaryRound {
    /// Time that refusals for a full queue are borne.
    private static let patience = Duration.seconds(120)

    let core: EngineCore
    let address: EngineAddress
    let canaries: CanarySet

    /// Each segment alone, one after the other.
    func alone() throws(ContactFault) -> [[Float]] {
        var values: [[Float]] = []
        for segment in canaries.segments {
            guard !core.isStopped else { throw .away("it is closed") }
            values.append(try logProbs([segment])[0])
        }
        return values
    }

    /// All at once, twice, in another order each.
    func underLoad() throws(ContactFault) -> [[[Float]]] {
        let count = canaries.segments.count
        let order = Array(0..<count).reversed() + Array(0..<count)
        let values = try logProbs(order.map { canaries.segments[$0] })
        var rounds = [[[Float]]](repeating: [[Float]](repeating: [], count: count), count: 2)
        for (place, segment) in order.enumerated() { rounds[place / count][segment] = values[place] }
        return rounds
    }

    /// Whether it gives log-probs, not logits: only a distribution tells.
    func checkDistribution() throws(ContactFault) {
        guard let segment = canaries.segments.first(where: { $0.count >= 7 }) else { return }
        let end = ContinuousClock.now + Self.patience
        while true {
            switch ask(segment, topK: 5, isFast: false) {
            case .wrong(let reason): throw .unsuited(reason)
            case .scores, .unable, .withoutFastPath: return
            case .failed(let reason), .serverError(let reason): throw .away(reason)
            case .busy: try rest(until: end)
            }
        }
    }

    /// Whether it has teacher scoring, in the contract that is spoken here.
    func hasFastPath() -> Bool {
        guard core.kind == .vllm, let segment = canaries.segments.first(where: { $0.count > 1 }) else { return false }
        if case .scores = ask(segment, topK: 0, isFast: true) { return true }
        return false
    }

    private func logProbs(_ segments: [[Int32]]) throws(ContactFault) -> [[Float]] {
        var found = [[Float]?](repeating: nil, count: segments.count)
        let end = ContinuousClock.now + Self.patience
        while true {
            let missing = segments.indices.filter { found[$0] == nil }
            if missing.isEmpty { return found.map { $0 ?? [] } }
            // As requests are asked now: one that comes back without teacher scoring is asked in the other way.
            let usesFastPath = core.usesFastPath
            var isBusy = false
            for (index, verdict) in zip(missing, askAll(missing.map { segments[$0] }, usesFastPath)) {
                switch verdict {
                // The first position has none.
                case .scores(let scores): found[index] = Array(scores.logProbs.dropFirst())
                case .busy: isBusy = true
                case .wrong(let reason), .unable(let reason): throw .unsuited(reason)
                case .failed(let reason), .serverError(let reason): throw .away(reason)
                case .withoutFastPath: core.usesFastPath = false
                }
            }
            if isBusy { try rest(until: end) }
        }
    }

    /// A moment in which its queue may empty.
    private func rest(until end: ContinuousClock.Instant) throws(ContactFault) {
        guard .now < end, !core.isStopped else { throw .away("it has too many requests") }
        Pause.wait(.milliseconds(50))
    }

    /// What an answer means, to a question that was asked so.
    private func verdict(
        _ result: Result<HTTPReply, TransferError>, _ segment: [Int32], topK: Int, isFast: Bool
    ) -> ReplyVerdict {
        ReplyVerdict(
            result, to: EngineJob(id: 0, tokenIDs: segment, ScoreDetail(topK: topK)),
            by: core.contract(topK: topK, isFast: isFast), from: address, isFast: isFast)
    }

    private func ask(_ segment: [Int32], topK: Int, isFast: Bool) -> ReplyVerdict {
        let call = core.contract(topK: topK, isFast: isFast).call(segment, topK: topK, model: core.model)
        let result = Result { () throws(TransferError) in
            try core.transfers.perform(call, at: address.server, timeout: core.settings.timeout)
        }
        return verdict(result, segment, topK: topK, isFast: isFast)
    }

    /// All at once; teacher scoring has nothing to say of a segment of one token.
    private func askAll(_ segments: [[Int32]], _ usesFastPath: Bool) -> [ReplyVerdict] {
        let results = Locked([Result<HTTPReply, TransferError>](repeating: .failure(.cancelled), count: segments.count))
        let done = DispatchSemaphore(value: 0)
        for (index, segment) in segments.enumerated() {
            let call = core.contract(topK: 0, isFast: usesFastPath && segment.count > 1)
                .call(segment, topK: 0, model: core.model)
            core.transfers.start(call, at: address.server, timeout: core.settings.timeout) { result in
                results.withLock { $0[index] = result }
                done.signal()
            }
        }
        for _ in segments { done.wait() }
        return zip(results.withLock { $0 }, segments).map {
            verdict($0, $1, topK: 0, isFast: usesFastPath && $1.count > 1)
        }
    }
}

/// A wait that nothing ends early.
enum Pause {
    static func wait(_ duration: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + duration / .seconds(1))
    }
}
