/// What of a corpus was left out.
package struct SkippedRecords: Sendable, Equatable, Codable {
    /// Records without text.
    package var emptyDocuments = 0
    /// Lines that could not be read; without `--skip-bad-lines` the first one is an error.
    package var badLines = 0
    /// File, line and reason of the first.
    package var firstBadLine: String?

    package init() {}

    mutating func add(_ error: CorpusError) {
        badLines += 1
        firstBadLine = firstBadLine ?? error.description
    }
}
