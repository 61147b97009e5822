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

    @Test func weightsThatAreUpdatedInPlaceAreFound() async throws {
        try await onThread {
            let fake = try RunningFakeEngine(.vllm)
            let engine = try Engines.load(Engines.settings(.vllm, [fake]) { $0.checkEvery = .milliseconds(20) })
            fake.engine.change { $0.shift = 0.001 }
            Engines.wait { engine.fault != nil }
            guard case .changed? = engine.fault else {
                Issue.record("\(String(describing: engine.fault))")
                return
            }
            fake.engine.change { $0.shift = 0 }
            Engines.wait { engine.fault == nil }
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
