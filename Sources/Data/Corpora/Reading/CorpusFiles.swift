import Compression
import System
import Foundation

/// The files that a list of paths stands for: a file is itself, a directory is every corpus file below it, a pattern (`*`, `?`, `[`) all that
/// it matches. A Megatron pair is named by NAME.idx, NAME.bin or NAME. What programs read (`CorpusReaders`) may be a folder or an address too. A file is read once, however often and by whatever path it is
/// named.
package struct CorpusFiles: Sendable, Equatable {
    /// One file of a corpus, or one Megatron pair.
    package struct File: Sendable, Equatable {
        /// Path as it was given or found; of a Megatron pair that of its index.
        package let path: String
        /// How the file is read.
        package let format: CorpusFormat
        /// Whether it comes compressed, by the end of its name: then its items have no places.
        package var isCompressed: Bool { CompressionFormat(path: path) != nil }
        let identity: Identity
        /// The program that reads it; nil for a format that is read here.
        package let reader: CorpusReaders.Reader?

        /// What tells it from others, whatever it is named by.
        enum Identity: Hashable {
            case file(FileIdentity)
            case address(String)
        }

        init(path: String, format: CorpusFormat, identity: Identity, reader: CorpusReaders.Reader? = nil) {
            self.path = path
            self.format = format
            self.identity = identity
            self.reader = reader
        }
    }

    /// Files in the order of the given paths; inside a directory by relative path.
    package let files: [File]
    /// What a reader of the directories would be surprised by.
    let findings: CorpusFindings

    /// Looks for the files; none is opened.
    ///
    /// - Parameters:
    ///   - readers: programs that read what is not read here.
    ///   - namedFormat: how files are read that are named, not found in a directory, and that no program reads; nil: by the ends of their
    ///     names.
    /// - Throws: `CorpusError.notFound`, `.unknownFormat`, `.unknownPattern`, `.emptyDirectory`, `.unreadable`, `.noReader`.
    package init(
        _ paths: [String], readers: CorpusReaders = CorpusReaders(), namedFormat: CorpusFormat? = nil
    ) throws {
        var search = CorpusSearch(readers: readers, namedFormat: namedFormat)
        for path in paths { try search.add(path) }
        files = search.files
        findings = search.findings
    }

    /// Paths of this corpus's files that are also the other's, by whatever name.
    package func shared(with other: CorpusFiles) -> [String] {
        let others = Set(other.files.map(\.identity))
        return files.filter { others.contains($0.identity) }.map(\.path)
    }
}
