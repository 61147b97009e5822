import Digests
import Dispatch
import Scoring
import Sequences
import System

/// An engine whose log-probs are a plain function of a token and the one before it. It can be held at the door, so that a
/// test decides what is waiting when a batch is packed.
final class FakeEngine: TeacherEngine {
    struct Poison: Error {}

    /// A segment that holds this id cannot be scored.
    static let poisonID: Int32 = 666
    /// The log-prob of this id overflows.
    static let overflowID: Int32 = 667
    /// The log-prob of this id is above 0.
    static let aboveZeroID: Int32 = 668

    let scoresFingerprint: SHA256Digest
    private let batches = Locked<[PackedBatch]>([])
    private let details = Locked<[ScoreDetail]>([])
    private let gate: DispatchSemaphore?
    private let entered = DispatchSemaphore(value: 0)

    init(_ name: String = "fake", held: Bool = false) {
        scoresFingerprint = SHA256Hasher.digest(Array(name.utf8))
        gate = held ? DispatchSemaphore(value: 0) : nil
    }

    /// Token ids of each batch so far.
    var batchesRun: [[Int32]] { batches.withLock { $0.map(\.tokenIDs) } }
    /// What each batch was asked for.
    var detailsRun: [ScoreDetail] { details.withLock { $0 } }
    var topKsRun: [Int] { detailsRun.map(\.topK) }
    let givesTemperedScores = true
    var batchSizes: [Int] { batchesRun.map(\.count) }

    func waitUntilEntered() { entered.wait() }
    func letOneBatchThrough() { gate?.signal() }
    func open(batches: Int = 1000) { for _ in 0..<batches { gate?.signal() } }

    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores {
        details.withLock { $0.append(detail) }
        return TokenScores(
            logProbs: try expectedScores(batch),
            top: detail.topK > 0 ? Self.expectedTop(batch, detail.topK) : nil,
            tempered: detail.temperatures.map { Self.expectedTempered(batch, $0) })
    }

    /// Numbers of the token's own id and of the temperature.
    static func expectedTempered(_ batch: PackedBatch, _ temperature: Double) -> TemperedScores {
        let starts = Set(batch.segments.starts)
        func values(_ value: (Float) -> Float) -> [Float] {
            batch.tokenIDs.enumerated().map { starts.contains($0) ? .nan : value(Float($1 % 11)) }
        }
        return TemperedScores(
            temperature: temperature, logSumExps: values { $0 + Float(temperature) },
            entropies: values { $0 / 4 * Float(temperature) })
    }

    /// Ids are the token's own, then those after it.
    static func expectedTop(_ batch: PackedBatch, _ topK: Int) -> TopLogProbs {
        let starts = Set(batch.segments.starts)
        let places = batch.tokenIDs.indices.flatMap { token in (0..<topK).map { (token, Int32($0)) } }
        return TopLogProbs(
            k: topK, tokenIDs: places.map { starts.contains($0) ? -1 : batch.tokenIDs[$0] + $1 },
            logProbs: places.map { starts.contains($0) ? .nan : -1 - Float($1) - Float(batch.tokenIDs[$0] % 7) / 8 })
    }

    private func expectedScores(_ batch: PackedBatch) throws -> [Float] {
        batches.withLock { $0.append(batch) }
        entered.signal()
        gate?.wait()
        guard !batch.tokenIDs.contains(Self.poisonID) else { throw Poison() }
        var result = batch.tokenIDs.map { Float($0) }
        for segment in batch.segments {
            result.replaceSubrange(segment, with: Self.expected(Array(batch.tokenIDs[segment])))
        }
        for (at, id) in batch.tokenIDs.enumerated() where id == Self.overflowID { result[at] = -.infinity }
        for (at, id) in batch.tokenIDs.enumerated() where id == Self.aboveZeroID { result[at] = 0.5 }
        return result
    }

    static func expected(_ ids: [Int32]) -> [Float] {
        [.nan] + zip(ids, ids.dropFirst()).map { -Float($1 % 97) / 10 - Float($0 % 13) / 100 }
    }
}

func segment(_ ids: [Int32]) -> Segment { Segment(tokenIDs: ids) }

/// `count` ids that differ from those of any other `seed`.
func ids(_ count: Int, seed: Int32) -> [Int32] { (0..<Int32(count)).map { 10_000 * (seed + 1) + $0 } }

func sameBits(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }

final class FakeStore: LogProbStore {
    private let kept = Locked<[SegmentKey: [Float]]>([:])
    private let asked = Locked(0)

    var count: Int { kept.withLock { $0.count } }
    var lookUps: Int { asked.withLock { $0 } }

    func logProbs(for keys: [SegmentKey]) -> [[Float]?] {
        asked.withLock { $0 += keys.count }
        return kept.withLock { kept in keys.map { kept[$0] } }
    }

    func append(_ entries: [StoredSegment]) {
        kept.withLock { kept in
            for entry in entries { kept[entry.key] = entry.logProbs }
        }
    }
}
