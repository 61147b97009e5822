import Digests
import Sequences

/// Ids of a run's prompts, one prompt after another, as one fingerprint. An added token makes other ids of a prompt's text, and no fingerprint
/// of a tokenizer has it.
package struct PromptTokens: Sendable {
    private var hasher = SHA256Hasher()

    package init() {}

    /// Takes the ids of the next prompt.
    package mutating func append(_ ids: [Int32]) { hasher.update(digest: Segment.digest(of: ids)) }

    /// SHA-256 of the digests of all prompts so far, in hexadecimal.
    package var fingerprint: String { hasher.finalize().hex }
}
