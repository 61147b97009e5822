import Digests
import Sequences
import System

/// An engine and the memory that was reserved for it: both go with its last reference, which may be that of a request.
final class CountedEngine: TeacherEngine {
    let engine: any TeacherEngine
    private let reservation: MemoryReservation

    init(_ engine: any TeacherEngine, _ reservation: MemoryReservation) {
        self.engine = engine
        self.reservation = reservation
    }

    var scoresFingerprint: SHA256Digest { engine.scoresFingerprint }
    var givesTemperedScores: Bool { engine.givesTemperedScores }
    var sharesPrefixes: Bool { engine.sharesPrefixes }
    func scores(_ batch: PackedBatch, _ detail: ScoreDetail) throws -> TokenScores { try engine.scores(batch, detail) }
}

/// The engines in use, so that a model that is loaded under a second name, or as its own base, is held once.
final class EngineShelf: Sendable {
    private struct Held: Sendable {
        weak let engine: CountedEngine?
    }

    private let engines = Locked<[SHA256Digest: Held]>([:])

    /// The engine that gives the same bits, if there is one; else `engine`, which is found from here on.
    func shared(_ engine: CountedEngine) -> CountedEngine {
        engines.withLock { engines in
            engines = engines.filter { $0.value.engine != nil }
            if let known = engines[engine.scoresFingerprint]?.engine { return known }
            engines[engine.scoresFingerprint] = Held(engine: engine)
            return engine
        }
    }
}
