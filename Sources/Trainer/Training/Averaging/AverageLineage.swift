/// `remit.json` of an average: what it was made from.
package struct AverageLineage: Codable, Sendable, Equatable {
    /// A checkpoint that was averaged.
    package struct Member: Codable, Sendable, Equatable {
        /// Directory, as it was given.
        package var path: String
        /// Part that it has in the mean; all parts together are 1.
        package var share: Double
        /// Model fingerprint.
        package var fingerprint: String

        package init(path: String, share: Double, fingerprint: String) {
            self.path = path
            self.share = share
            self.fingerprint = fingerprint
        }
    }

    /// Name of the program, `remit-trainer`.
    package var program = "remit-trainer"
    /// Version of the program.
    package var version: String
    /// Subcommand, `average`.
    package var command = "average"
    /// Checkpoints in the order in which they were summed.
    package var checkpoints: [Member]

    package init(version: String, checkpoints: [Member]) {
        self.version = version
        self.checkpoints = checkpoints
    }
}
