import Digests
import Foundation
import HTTPClient
import RemoteEngines
import Sequences
import TestSupport
import Testing

/// Which model is behind a URL, and whether it still is.
@Suite(.serialized) struct IdentityTests {
    /// Two neighbouring checkpoints, one name, one directory of state: the second is refused, and so is what is kept of the first.
    @Test func aNeighbouringCheckpointUnderTheSameNameIsRefused() async throws {
        try await onThread {
            let state = try TemporaryDirectory()
            func load(shift: Float) throws -> (RunningFakeEngine, RemoteEngine) {
                let fake = try RunningFakeEngine(.vllm) { $0.shift = shift }
                let settings = try Engines.settings(.vllm, [fake]) { $0.declaredWeights = "policy" }
                return (fake, try Engines.load(settings, keeping: state.path, hashed: nil))
            }
            let first = try load(shift: 0)
            #expect(first.1.fault == nil)
            let second = try load(shift: 0.0005)
            #expect(second.1.scoresFingerprint == first.1.scoresFingerprint)
            guard case .changed(_, let reason)? = second.1.fault else {
                Issue.record("it was taken for the first")
                return
            }
            #expect(reason.contains("canaries differ") && !second.1.claim())
            let again = try load(shift: 0)
            #expect(again.1.fault == nil && again.1.canaries == first.1.canaries)
        }
    }

    /// The canaries depend on the longest segment that an engine takes. Those that were asked once are asked again behind any limit, and
    /// their answers are never written over.
    @Test(arguments: [(513, 257), (257, 513), (2048, 9), (33, 4096)])
    func aNeighbouringCheckpointBehindAnotherLimitIsRefused(_ first: Int, _ second: Int) async throws {
        try await onThread {
            let state = try TemporaryDirectory()
            func load(_ limit: Int, shift: Float) throws -> (RunningFakeEngine, RemoteEngine) {
                let fake = try RunningFakeEngine(.vllm) {
                    $0.shift = shift
                    $0.maxModelLength = limit
                }
                let settings = try Engines.settings(.vllm, [fake]) { $0.declaredWeights = "policy" }
                return (fake, try Engines.load(settings, keeping: state.path, hashed: nil))
            }
            func kept() throws -> [String: Data] {
                let names = try FileManager.default.contentsOfDirectory(atPath: state.path)
                return try Dictionary(
                    uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: state.file($0)))) }
                )
            }
            #expect(try load(first, shift: 0).1.fault == nil)
            let before = try kept()
            #expect(before.count == 1)
            for limit in [second, first] {
                guard case .changed(_, let reason)? = try load(limit, shift: 0.0005).1.fault else {
                    Issue.record("behind \(limit) it was taken for the first")
                    continue
                }
                #expect(reason.contains("canaries differ"))
                #expect(try load(limit, shift: 0).1.fault == nil, "the same model behind \(limit)")
            }
            #expect(try kept() == before)
        }
    }

    /// Where nothing can be compared nothing is taken, and the limit is named.
    @Test func canariesOfAnotherVocabularyCannotBeCompared() async throws {
        try await onThread {
            let state = try TemporaryDirectory()
            func load(_ vocabularySize: Int, limit: Int = 300) throws -> RemoteEngine {
                let fake = try RunningFakeEngine(.vllm) { $0.maxModelLength = limit }
                return try Engines.load(
                    Engines.settings(.vllm, [fake]),
                    of: RemoteModelFacts(vocabularySize: vocabularySize, contextLength: 4096), keeping: state.path)
            }
            _ = try load(40_000)
            func refusal(_ body: () throws -> RemoteEngine) -> String {
                do {
                    _ = try body()
                    return ""
                } catch let error as RemoteEngineError {
                    return error.description
                } catch {
                    return "\(type(of: error))"
                }
            }
            let vocabulary = refusal { try load(39_000) }
            #expect(vocabulary.contains("40000 ids") && vocabulary.contains("vocab_size in config.json is 39000"))
            let limit = refusal { try load(40_000, limit: 2) }
            #expect(
                limit.contains("at least 2 tokens") && limit.contains("takes 1") && limit.contains("--engine-label"))
        }
    }

    /// One bit of the kept canaries turned at each place: they say what they said, or are refused.
    @Test func aDamagedCanaryRecordIsRefused() throws {
        let record = CanaryRecord(
            vocabularySize: 1000, alone: [[-1.25], [-0.5, -0.0], [], [-3.5, -17.062_5, -1e-7]],
            loaded: [[[-1.25], [-0.5, -0.0], [], [-3.5, -17.062_501, -1e-7]]])
        let bytes = record.json
        #expect(try CanaryRecord(json: bytes) == record)
        var readable = 0
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << bit
                guard let read = try? CanaryRecord(json: damaged) else { continue }
                readable += 1
                #expect(read == record, "bit \(bit) of byte \(place)")
            }
        }
        #expect(readable < bytes.count)
        for count in bytes.indices {
            #expect(throws: (any Error).self) { try CanaryRecord(json: Array(bytes[..<count])) }
        }
    }

    /// Those of before they had a SHA-256 are held to what they can be.
    @Test func anOlderCanaryRecordIsReadWhereItIsWhole() async throws {
        try await onThread {
            let (state, fake) = (try TemporaryDirectory(), try RunningFakeEngine(.vllm))
            func load() throws -> RemoteEngine {
                try Engines.load(Engines.settings(.vllm, [fake]), keeping: state.path)
            }
            _ = try load()
            let path = state.file(try #require(FileManager.default.contentsOfDirectory(atPath: state.path).first))
            let text = try String(contentsOfFile: path, encoding: .utf8)
            func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
            let older = text.replacing(/,\s*"sha256": *"[0-9a-f]*"/, with: "").replacing(
                /"vocabulary_size": *\d+,\s*/, with: "")
            #expect(older.count < text.count - 80)
            try write(older)
            #expect(try load().fault == nil)
            let first = try #require(older.firstRange(of: /-[0-9.]+/))
            for damaged in [
                older.replacing("log_probs", with: "log_probz"), older.replacingCharacters(in: first, with: "1.5"),
                older.replacingCharacters(in: first, with: "null"), "{}", "",
            ] {
                try write(damaged)
                #expect(throws: EngineStateDirectory.Unreadable.self) { try load() }
            }
            try write(older.replacingCharacters(in: first, with: "-1, -1"))
            #expect(throws: RemoteEngineError.self) { try load() }
            // What cannot be read has been met all the same.
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            #expect(throws: EngineStateDirectory.Unreadable.self) { try load() }
        }
    }

    @Test func weightsThatAreUpdatedInPlaceAreFound() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]) { $0.checkEvery = .milliseconds(20) })
            fake.engine.change { $0.shift = 0.001 }
            try Patience.eventually { engine.fault != nil }
            guard case .changed? = engine.fault else {
                Issue.record("\(String(describing: engine.fault))")
                return
            }
            fake.engine.change { $0.shift = 0 }
            try Patience.eventually { engine.fault == nil }
        }
    }

    @Test func theFingerprintHoldsWeightsVersionAndLabel() async throws {
        try await onThread {
            func fingerprint(
                _ kind: EngineKind = .vllm, hashed: SHA256Digest? = Engines.weights, declared: String? = nil,
                label: String = "", _ change: (inout FakeEngineServer.Behavior) -> Void = { _ in }
            ) throws -> SHA256Digest {
                let fake = try RunningFakeEngine(kind.fake, change)
                let settings = try Engines.settings(kind, [fake]) {
                    $0.declaredWeights = declared
                    $0.label = label
                }
                return try Engines.load(settings, hashed: hashed).scoresFingerprint
            }
            let all = [
                try fingerprint(), try fingerprint(hashed: SHA256Hasher.digest([1])), try fingerprint(label: "fp8"),
                try fingerprint { $0.version = "0.33.0" }, try fingerprint(declared: "a"),
                try fingerprint(declared: "b"),
                try fingerprint(.sglang), try fingerprint(.sglang, hashed: nil),
                try fingerprint(.sglang, hashed: nil) { $0.checksum = "def" },
            ]
            #expect(Set(all).count == all.count)
            #expect(try fingerprint() == all[0])
            #expect(throws: RemoteEngineError.self) { try fingerprint(hashed: nil) }
        }
    }

    @Test(arguments: [EngineKind.vllm, .sglang]) func whatSpeculatesIsRefused(_ kind: EngineKind) async throws {
        try await onThread {
            let fake = try RunningFakeEngine(kind.fake) { $0.speculates = true }
            #expect(throws: RemoteEngineError.self) { try Engines.load(Engines.settings(kind, [fake])) }
        }
    }

    /// Bits that differ under load are noise, not another model, and are told.
    @Test func noiseIsMeasured() async throws {
        try await onThread {
            let state = try TemporaryDirectory()
            let fake = try RunningFakeEngine(.vllm) { $0.noise = 1e-5 }
            let engine = try Engines.load(Engines.settings(.vllm, [fake]), keeping: state.path)
            let noise = try #require(engine.canaries?.largestNoise)
            #expect(!engine.isBitReproducible && noise > 0 && noise < 1e-4)
            let again = try Engines.load(Engines.settings(.vllm, [fake]), keeping: state.path)
            #expect(again.fault == nil && !again.isBitReproducible)
        }
    }

    @Test func aKeyIsSentAndAWrongOneIsSaid() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm) { $0.key = "secret" }
            var settings = try Engines.settings(.vllm, [fake])
            #expect(throws: RemoteEngineError.self) { try Engines.load(settings) }
            settings.apiKey = try .init("secret")
            #expect(try Engines.load(settings).fault == nil)
        }
    }

    @Test func aDirectoryIsHashedOnceAndAgainWhenItWasWrittenTo() throws {
        let folder = try TemporaryDirectory()
        try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.file("config.json")))
        let cache = WeightsCache(folder.file("cache")) { Issue.record($0) }
        var hashed = 0
        func fingerprint() -> Bool {
            cache.fingerprint(of: folder.path) {
                hashed += 1
                return SHA256Hasher.digest([UInt8(hashed)])
            }.wasKnown
        }
        #expect(!fingerprint() && fingerprint() && hashed == 1)
        try Data("{ }".utf8).write(to: URL(fileURLWithPath: folder.file("config.json")))
        #expect(!fingerprint() && fingerprint() && hashed == 2)
    }
}
