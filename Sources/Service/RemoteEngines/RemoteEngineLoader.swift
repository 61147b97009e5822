import Digests
import Foundation
import HTTPClient
import Sequences
import System

/// What a model directory says of a model whose parameters lie with the engine.
package struct RemoteModelFacts: Sendable {
    /// V: ids from 0 below it may be scored.
    package var vocabularySize: Int
    /// Most positions that the model was made for.
    package var contextLength: Int

    package init(vocabularySize: Int, contextLength: Int) {
        (self.vocabularySize, self.contextLength) = (vocabularySize, contextLength)
    }
}

/// Why an engine did not become a teacher.
package enum RemoteEngineError: Error, Sendable, CustomStringConvertible {
    /// URLs of different kinds.
    case mixedKinds(String)
    /// Nothing says which weights the engine has.
    case unknownWeights(engine: String)
    /// The engine cannot be used as it is.
    case unsuited(engine: String, reason: String)
    /// What is kept of the engine has nothing in common with what it can be asked now: what its canaries are, and what to do.
    case incomparable(String, hint: String)
    /// It was not to be waited for any longer.
    case stopped

    package var description: String {
        switch self {
        case .mixedKinds(let addresses): "engines of one teacher are of one kind: \(addresses)"
        case .unknownWeights(let engine):
            "nothing says which weights \(engine) has: put the checkpoint's tensors beside its tokenizer, or say what they are with "
                + "--engine-weights"
        case .unsuited(let engine, let reason): "\(engine): \(reason)"
        case .incomparable(let canaries, let hint):
            "the canaries that tell whose the kept scores are \(canaries): nothing of them can be compared. \(hint), or a new --engine-label "
                + "and with it another scores fingerprint"
        case .stopped: "stopped while waiting for the engine"
        }
    }
}

/// Meets an engine: waits until one of its URLs answers, learns what it is, and has its canaries scored.
package struct RemoteEngineLoader: Sendable {
    private static let interval = Duration.seconds(1)

    private let settings: EngineSettings
    private let directory: EngineStateDirectory?
    private let retry: RetryPolicy
    private let onEvent: @Sendable (EngineAddress, EngineEvent) -> Void

    /// - Parameters:
    ///   - directory: where canaries are kept; nil: in memory.
    ///   - onEvent: may be called by any thread, and returns at once.
    package init(
        _ settings: EngineSettings, keeping directory: EngineStateDirectory?,
        retry: RetryPolicy = RetryPolicy(firstDelay: .milliseconds(200), maxDelay: .seconds(10)),
        onEvent: @escaping @Sendable (EngineAddress, EngineEvent) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.directory = directory
        self.retry = retry
        self.onEvent = onEvent
    }

    /// Blocks until an engine answers. Weights are read only where nothing was declared.
    ///
    /// - Parameters:
    ///   - hashed: the model fingerprint of the checkpoint's bytes; nil where it has none.
    ///   - shouldGoOn: asked between two attempts, with why the last one failed; false ends the wait.
    /// - Throws: `RemoteEngineError`, `EngineStateDirectory.Unreadable`, `SystemError` where there is no thread, and what `hashed` throws.
    package func load(
        _ facts: RemoteModelFacts, hashed: () throws -> SHA256Digest?, shouldGoOn: (String) -> Bool
    ) throws -> RemoteEngine {
        guard Set(settings.addresses.map(\.kind)).count == 1 else {
            throw RemoteEngineError.mixedKinds(settings.addresses.map(\.description).joined(separator: ", "))
        }
        var weights = try settings.declaredWeights.map { KnownWeights.declared($0) } ?? hashed().map { .hashed($0) }
        if weights == nil, settings.addresses[0].kind == .vllm {
            throw RemoteEngineError.unknownWeights(engine: "\(settings.addresses[0])")
        }
        let core = try EngineCore(settings, retry: retry, onEvent: onEvent)
        do {
            let (first, description) = try meet(core, wantsChecksum: weights == nil, shouldGoOn)
            if let checksum = description.checksum, weights == nil { weights = .checksum(checksum) }
            guard let weights else { throw RemoteEngineError.unknownWeights(engine: "\(settings.addresses[first])") }
            return try engine(core, first, description, weights, facts)
        } catch {
            core.stop()
            throw error
        }
    }

    /// The first URL that answers, and what it says.
    private func meet(
        _ core: EngineCore, wantsChecksum: Bool, _ shouldGoOn: (String) -> Bool
    ) throws -> (Int, EngineDescription) {
        while true {
            var reason = ""
            for (index, address) in settings.addresses.enumerated() {
                let contact = EngineContact(
                    transfers: core.transfers, address: address, model: settings.model, wantsChecksum: wantsChecksum)
                do throws(ContactFault) {
                    let description = try contact.describe()
                    if description.speculates {
                        throw .unsuited(EngineFit.speculation)
                    }
                    return (index, description)
                } catch {
                    switch error {
                    case .away(let why): reason = "\(address): \(why)"
                    case .unsuited(let why): throw RemoteEngineError.unsuited(engine: "\(address)", reason: why)
                    }
                }
            }
            guard shouldGoOn(reason) else { throw RemoteEngineError.stopped }
            Pause.wait(Self.interval)
        }
    }

    private func engine(
        _ core: EngineCore, _ first: Int, _ description: EngineDescription, _ weights: KnownWeights,
        _ facts: RemoteModelFacts
    ) throws -> RemoteEngine {
        core.model = description.model
        let identity = RemoteIdentity(
            weights: weights, kind: core.kind, version: description.version, dtype: description.dtype ?? "",
            label: settings.label)
        let longest = min(description.maxSequenceTokens ?? facts.contextLength - 1, facts.contextLength)
        let kept = try directory?.record(identity.scoresFingerprint)?.asked(
            vocabularySize: facts.vocabularySize, maxTokens: longest)
        let canaries = kept?.canaries ?? CanarySet(vocabularySize: facts.vocabularySize, maxTokens: longest)
        core.usesFastPath = CanaryRound(core: core, address: settings.addresses[first], canaries: canaries)
            .hasFastPath()
        let checker = EngineChecker(
            core, identity, like: description, canaries: canaries, record: kept?.record, keeping: directory)
        // The rest, and this one where it fails now, is for the thread.
        checker.check(first)
        let engine = RemoteEngine(core, checker, identity, description, maxSequenceTokens: longest)
        try checker.start()
        return engine
    }
}
