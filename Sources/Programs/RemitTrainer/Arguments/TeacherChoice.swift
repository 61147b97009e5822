import ArgumentParser

/// A value of `--teacher`: NAME for all documents, or DOMAIN=NAME for those of one domain.
struct TeacherChoice: ExpressibleByArgument, Sendable, Equatable {
    /// nil: all documents, or those whose domain has no teacher of its own.
    let domain: String?
    /// Name or model fingerprint.
    let name: String

    /// nil where the name, or the domain before a `=`, is empty.
    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        domain = parts.count == 2 ? parts[0] : nil
        name = parts[parts.count - 1]
    }

    var defaultValueDescription: String { (domain.map { $0 + "=" } ?? "") + name }
}
