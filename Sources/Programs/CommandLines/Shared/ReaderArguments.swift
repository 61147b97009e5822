import ArgumentParser
import Corpora

/// Programs that read what is not read here.
package struct ReaderArguments: ParsableArguments {
    package init() {}

    /// Programs by kind, beside the standard one.
    @Option(
        help: ArgumentHelp(
            "Program that reads files, folders or addresses of a kind, as KIND=PROGRAM; repeatable.",
            discussion:
                "A kind is the end of a file's name (parquet, warc), the scheme of an address (s3) or dataset (a folder of "
                + "save_to_disk). \(CorpusReaders.standardKinds.joined(separator: ", ")) are read by "
                + "'\(CorpusReaders.standardProgram)' unless said otherwise; a kind without a program is left out. The program is "
                + "started once a corpus, through the shell, asked in lines of JSON and answers in lines of JSON: see "
                + "docs/corpus.md.", valueName: "kind=program"))
    package var reader: [ReaderChoice] = []

    /// The programs that the flags name, and the standard one for the kinds that they do not.
    package var readers: CorpusReaders {
        CorpusReaders(given: Dictionary(reader.map { ($0.kind, $0.program) }) { $1 })
    }
}

/// One kind of corpus files and the program that reads them.
package struct ReaderChoice: ExpressibleByArgument, Sendable, Equatable {
    /// End of a file's name, scheme, or `dataset`; in lower case.
    package let kind: String
    /// Command line for the shell; empty: such files are not read.
    package let program: String

    /// `KIND=PROGRAM`; nil for anything else.
    package init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first, !first.isEmpty,
            first.allSatisfy({ $0.isLetter || $0.isNumber || "+-".contains($0) })
        else { return nil }
        kind = first.lowercased()
        program = String(parts[1])
    }
}
