import Digests
import Dispatch
import Foundation
import HTTPClient
import RemoteEngines
import Sequences
import System
import TestSupport

/// Engines over fakes, as the tests of this target need them.
enum Engines {
    static let weights = SHA256Hasher.digest(Array("weights".utf8))
    static let facts = RemoteModelFacts(vocabularySize: 40_000, contextLength: 4096)

    static func settings(
        _ kind: EngineKind, _ fakes: [RunningFakeEngine], _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> EngineSettings {
        var settings = EngineSettings(
            addresses: try fakes.map { EngineAddress(kind, try ServerAddress($0.url)) }, timeout: .seconds(60))
        change(&settings)
        return settings
    }

    /// An engine that has met its first URL.
    static func load(
        _ settings: EngineSettings, of facts: RemoteModelFacts = facts, keeping directory: String? = nil,
        hashed: SHA256Digest? = weights, log: EventLog = EventLog()
    ) throws -> RemoteEngine {
        let loader = RemoteEngineLoader(
            settings, keeping: try directory.map { try EngineStateDirectory($0) },
            retry: RetryPolicy(firstDelay: .milliseconds(10), maxDelay: .milliseconds(50)),
            onEvent: { log.add($1) })
        return try loader.load(facts, hashed: { hashed }, shouldGoOn: { _ in false })
    }

    static func ids(_ count: Int, seed: Int) -> [Int32] {
        (0..<count).map { Int32(($0 &* 7919 &+ seed &* 104_729) % 40_000) }
    }
}

/// What an engine told of itself.
final class EventLog: Sendable {
    private let events = Locked<[EngineEvent]>([])

    func add(_ event: EngineEvent) { events.withLock { $0.append(event) } }

    func requests(_ outcome: EngineEvent.Outcome) -> Int {
        events.withLock { events in
            events.count { if case .request(outcome, _, _, _) = $0 { true } else { false } }
        }
    }

    func checks(_ check: EngineEvent.Check) -> Int {
        events.withLock { events in events.count { if case .check(check, _) = $0 { true } else { false } } }
    }

    var retries: Int { events.withLock { events in events.count { if case .retry = $0 { true } else { false } } } }
}

/// A store in memory.
final class MemoryStore: LogProbStore {
    private let kept = Locked<[SegmentKey: [Float]]>([:])

    var all: [[Float]] { kept.withLock { Array($0.values) } }

    func logProbs(for keys: [SegmentKey]) -> [[Float]?] { kept.withLock { kept in keys.map { kept[$0] } } }

    func append(_ entries: [StoredSegment]) {
        kept.withLock { kept in for entry in entries { kept[entry.key] = kept[entry.key] ?? entry.logProbs } }
    }
}

func sameBits(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }

extension RemoteEngine {
    /// The scores of one segment, asked for as a queue asks.
    func score(_ ids: [Int32], topK: Int = 0, id: Int = 1) -> Result<TokenScores, EngineFault> {
        let found = Locked<Result<TokenScores, EngineFault>?>(nil)
        let done = DispatchSemaphore(value: 0)
        while !claim() {
            if let fault { return .failure(fault) }
            usleep(1000)
        }
        start(
            EngineJob(id: id, tokenIDs: ids, ScoreDetail(topK: topK)),
            then: { result in
                found.withLock { $0 = result }
                done.signal()
            }, vouched: { _ in })
        done.wait()
        return found.withLock { $0 } ?? .failure(.wrongAnswer(engine: "", reason: "no result"))
    }
}
