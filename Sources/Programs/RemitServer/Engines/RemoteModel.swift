import Checkpoints
import Digests
import Foundation
import JSONValues
import RemoteEngines
import Transformers

/// A model that an engine elsewhere computes: how the engine is used, and the directory that says what the model is.
struct RemoteModel: Sendable {
    let settings: EngineSettings
    let files: RemoteModelFiles
    let ignoredConfigFields: Set<String>

    init(_ settings: EngineSettings, directory: String, ignoring ignored: Set<String>) throws {
        self.settings = settings
        files = try RemoteModelFiles(directory: directory, ignoring: ignored)
        ignoredConfigFields = ignored
    }

    var facts: RemoteModelFacts {
        RemoteModelFacts(vocabularySize: files.vocabularySize, contextLength: files.contextLength)
    }

    /// The model fingerprint of the directory's tensors, read once and remembered; nil where it has none.
    func hashedWeights(_ cache: WeightsCache, _ say: (String) -> Void) throws -> SHA256Digest? {
        guard files.hasTensors else { return nil }
        say("fingerprint of the weights in \(files.directory): reading them unless they are remembered")
        return try ModelFingerprint.of(files.directory, ignoring: ignoredConfigFields, cache).digest
    }
}

/// Which model a directory holds, whatever its family.
enum ModelFingerprint {
    /// As an engine in this process states it; of a family that it does not know, over the whole configuration.
    static func of(
        _ directory: String, ignoring ignored: Set<String>, _ cache: WeightsCache
    ) throws -> (digest: SHA256Digest, wasKnown: Bool) {
        try cache.fingerprint(of: directory) {
            if let checkpoint = try? Checkpoint(model: directory, ignoring: ignored) {
                return try checkpoint.modelFingerprint()
            }
            let checkpoint = try Checkpoint(directory: directory, ignoring: ignored)
            let members = checkpoint.configuration.members.members
            return try checkpoint.modelFingerprint(
                numericFields: Dictionary(members.map { ($0, $1) }) { first, _ in first })
        }
    }
}
