import ArgumentParser

/// A value of `--teacher`: NAME for all documents, or DOMAIN=NAME for those of one domain.
struct TeacherChoice: Sendable, Equatable {
    /// nil: all documents, or those whose domain has no teacher of its own.
    let domain: String?
    /// Name or model fingerprint.
    let name: String

    /// - Throws: `ValidationError` where the name, or the domain before a `=`, is empty.
    init(written text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty }) else { throw ValidationError("expected NAME or DOMAIN=NAME") }
        domain = parts.count == 2 ? parts[0] : nil
        name = parts[parts.count - 1]
    }
}
