import Digests
import Dispatch
import Scoring
import Sequences

/// Log-probs that are a plain function of a token, the one before it and the engine's name.
final class FakeEngine: TeacherEngine {
    struct Failure: Error {}

    static let vocabularySize = 300
    /// An id that this engine cannot score.
    static let poisonID: Int32 = 299
    /// An id that it gives a log-prob of that no model can.
    static let impossibleID: Int32 = 298

    let scoresFingerprint: SHA256Digest
    private let isElsewhere: Bool
    private let offset: Float
    private let gate: DispatchSemaphore?
    private let entered = DispatchSemaphore(value: 0)

    /// - Parameter isElsewhere: whether it tells no whole distributions.
    init(_ name: String, held: Bool = false, isElsewhere: Bool = false) {
        self.isElsewhere = isElsewhere
        scoresFingerprint = SHA256Hasher.digest(Array(name.utf8))
        offset = Float(scoresFingerprint.bytes[0]) / 256
        gate = held ? DispatchSemaphore(value: 0) : nil
    }

    func waitUntilEntered() { entered.wait() }
    func letOneBatchThrough() { gate?.signal() }
    func open() { for _ in 0..<1000 { gate?.signal() } }

    var givesTemperedScores: Bool { !isElsewhere }

    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores {
        let logProbs = try scored(batch)
        return TokenScores(
            logProbs: logProbs, top: detail.topK > 0 ? top(batch, logProbs, detail.topK) : nil,
            tempered: detail.temperatures.map { temperature in
                TemperedScores(
                    temperature: temperature, logSumExps: logProbs.map { $0 * Float(temperature - 1) },
                    entropies: logProbs.map { -$0 * Float(temperature) })
            })
    }

    /// The token itself with its own log-prob, then those after it, each one less.
    private func top(_ batch: PackedBatch, _ logProbs: [Float], _ topK: Int) -> TopLogProbs {
        let places = logProbs.indices.flatMap { token in (0..<topK).map { (token, $0) } }
        return TopLogProbs(
            k: topK,
            tokenIDs: places.map { token, place in
                logProbs[token].isNaN ? -1 : Int32((Int(batch.tokenIDs[token]) + place) % Self.vocabularySize)
            },
            logProbs: places.map { logProbs[$0] - Float($1) })
    }

    private func scored(_ batch: PackedBatch) throws -> [Float] {
        entered.signal()
        gate?.wait()
        guard !batch.tokenIDs.contains(Self.poisonID) else { throw Failure() }
        return batch.segments.flatMap { logProbs(of: Array(batch.tokenIDs[$0])) }
    }

    func logProbs(of ids: [Int32]) -> [Float] {
        var result: [Float] = [.nan]
        for (previous, id) in zip(ids, ids.dropFirst()) {
            guard id != Self.impossibleID else {
                result.append(.nan)
                continue
            }
            let mixed = (Int(id) * 31 + Int(previous) * 17) % 97
            result.append(-0.1 - Float(mixed) / 23 * (0.5 + offset))
        }
        return result
    }
}
