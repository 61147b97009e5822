import ArgumentParser
import Corpora

/// How the records of a corpus are read.
package struct RecordArguments: ParsableArguments {
    package init() {}

    /// The field of a JSON line that holds the document; nil: text, or prompt and completion.
    @Option(
        help: ArgumentHelp(
            "The field of a JSON line that holds the document (default: text, or prompt and completion).",
            discussion: "Given, it is the document whatever stands beside it.", valueName: "name"))
    package var textField: String?

    /// Element type of .npy files without a header; nil: by the vocabulary.
    @Option(
        help: ArgumentHelp(
            "Element type of .npy files without header (default: the smallest unsigned one that holds the vocabulary).",
            valueName: "type"))
    package var npyDtype: TokenElement?

    /// Whether lines that cannot be read are left out and counted; else the first is an error.
    @Flag(help: "Leave lines out that cannot be read, and report them; without it the first is an error.")
    package var skipBadLines = false

    /// Programs that read what is not read here, beside the standard one.
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

    /// What the flags say of the records' fields.
    package var fields: RecordFields {
        let given = Dictionary(reader.map { ($0.kind, $0.program) }) { $1 }
        return RecordFields(text: textField, bareElement: npyDtype, readers: CorpusReaders(given: given))
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

extension TokenElement: ExpressibleByArgument {}
