/// The version of both programs: in --version, in /info, in the metrics, and in what a run leaves behind.
package enum ProgramVersion {
    /// Semantic version, without a `v`.
    package static let current = "0.1.0"
}
