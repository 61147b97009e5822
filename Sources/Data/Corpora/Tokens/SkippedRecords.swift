/// What of a corpus was left out, and files that add nothing new.
package struct SkippedRecords: Sendable, Equatable, Codable {
    /// Records without text, and documents of ids that are nothing but the end.
    package var emptyDocuments = 0
    /// Lines that could not be read; without `--skip-bad-lines` the first one is an error.
    package var badLines = 0
    /// File, line and reason of the first bad line; nil where there is none.
    package var firstBadLine: String?

    /// Files that held nothing at all: a download that failed leaves one.
    package var emptyFiles = 0
    /// Path of the first empty file; nil where there is none.
    package var firstEmptyFile: String?

    /// Files with the bytes of one before them; their documents are read again.
    package var copies = 0
    /// Path of the first file with the bytes of one before it; nil where there is none.
    package var firstCopy: String?

    package init() {}

    mutating func add(copy path: String) {
        copies += 1
        firstCopy = firstCopy ?? path
    }

    mutating func add(emptyFile path: String) {
        emptyFiles += 1
        firstEmptyFile = firstEmptyFile ?? path
    }

    mutating func add(_ error: CorpusError) {
        badLines += 1
        firstBadLine = firstBadLine ?? error.description
    }
}
