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

    /// Programs that read what is not read here.
    @OptionGroup package var programs: ReaderArguments

    /// What the flags say of the records' fields.
    package var fields: RecordFields {
        RecordFields(text: textField, bareElement: npyDtype, readers: programs.readers)
    }
}

extension TokenElement: ExpressibleByArgument {}
