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
    let isFast: Bool

    /// Each segment alone, one after the other.
    func alone() throws(ContactFault) -> [[Float]] {
        var values: [[Float]] = []
        for segment in canaries.segments { values.append(try logProbs([segment])[0]) }
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
        switch verdict(ask(segment, topK: 5), segment, topK: 5) {
        case .wrong(let reason): throw .unsuited(reason)
        case .scores, .unable, .withoutFastPath: return
        case .busy: throw .away("it has too many requests")
        case .failed(let reason), .serverError(let reason): throw .away(reason)
        }
    }

    /// Whether it has teacher scoring, in the contract that is spoken here.
    func hasFastPath() -> Bool {
        guard core.kind == .vllm, let segment = canaries.segments.first(where: { $0.count > 1 }) else { return false }
        if case .scores = verdict(ask(segment, topK: 0), segment, topK: 0) { return true }
        return false
    }

    private func logProbs(_ segments: [[Int32]]) throws(ContactFault) -> [[Float]] {
        var found = [[Float]?](repeating: nil, count: segments.count)
        let end = ContinuousClock.now + Self.patience
        while true {
            let missing = segments.indices.filter { found[$0] == nil }
            if missing.isEmpty { return found.map { $0 ?? [] } }
            let results = askAll(missing.map { segments[$0] })
            var isBusy = false
            for (index, result) in zip(missing, results) {
                switch verdict(result, segments[index], topK: 0) {
                // The first position has none.
                case .scores(let scores): found[index] = Array(scores.logProbs.dropFirst())
                case .busy: isBusy = true
                case .wrong(let reason), .unable(let reason): throw .unsuited(reason)
                case .failed(let reason), .serverError(let reason): throw .away(reason)
                case .withoutFastPath: throw .away("its teacher scoring has ended")
                }
            }
            guard !isBusy || (ContinuousClock.now < end && !core.isStopped) else {
                throw .away("it has too many requests")
            }
            if isBusy { Pause.wait(.milliseconds(50)) }
        }
    }

    private func verdict(
        _ result: Result<HTTPReply, TransferError>, _ segment: [Int32], topK: Int
    ) -> ReplyVerdict {
        ReplyVerdict(
            result, to: EngineJob(id: 0, tokenIDs: segment, ScoreDetail(topK: topK)), by: contract(segment, topK),
            from: address, isFast: isFast(segment, topK))
    }

    private func isFast(_ segment: [Int32], _ topK: Int) -> Bool { isFast && topK == 0 && segment.count > 1 }

    private func contract(_ segment: [Int32], _ topK: Int) -> any EngineContract {
        core.contract(topK: topK, isFast: isFast(segment, topK))
    }

    private func ask(_ segment: [Int32], topK: Int) -> Result<HTTPReply, TransferError> {
        let call = contract(segment, topK).call(segment, topK: topK, model: core.model)
        return Result { () throws(TransferError) in
            try core.transfers.perform(call, at: address.server, timeout: core.settings.timeout)
        }
    }

    private func askAll(_ segments: [[Int32]]) -> [Result<HTTPReply, TransferError>] {
        let results = Locked([Result<HTTPReply, TransferError>](repeating: .failure(.cancelled), count: segments.count))
        let done = DispatchSemaphore(value: 0)
        for (index, segment) in segments.enumerated() {
            let call = contract(segment, 0).call(segment, topK: 0, model: core.model)
            core.transfers.start(call, at: address.server, timeout: core.settings.timeout) { result in
                results.withLock { $0[index] = result }
                done.signal()
            }
        }
        for _ in segments { done.wait() }
        return results.withLock { $0 }
    }
}

/// A wait that nothing ends early.
enum Pause {
    static func wait(_ duration: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + duration / .seconds(1))
    }
}
