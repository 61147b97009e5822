/// The version of both programs: in --version, in /info, in the metrics, and in what a run leaves behind.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
