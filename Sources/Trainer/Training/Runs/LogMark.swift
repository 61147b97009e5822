/// How much of a run's log there was when a checkpoint was saved, and what its digest was. Kept in the checkpoint.
package struct LogMark: Sendable, Equatable, Codable {
    /// Length of the log in bytes, all of whole lines.
    package var bytes: Int
    /// SHA-256 of the log's first `bytes` bytes, in hexadecimal.
    package var sha256: String

    package init(bytes: Int, sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}
