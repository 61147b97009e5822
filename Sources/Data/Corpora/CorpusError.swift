/// What can be wrong with a corpus. Every case says where, what was found and what was expected.
package enum CorpusError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A path, or a pattern, that leads to no file.
    case notFound(path: String)
    /// A file that the system does not give, or that is of another kind than its name says.
    case unreadable(path: String, reason: String)
    /// A file whose name ends in nothing that is known.
    case unknownFormat(path: String)
    /// An address, and no program that reads what has such a scheme.
    case noReader(path: String, kind: String)
    /// A program that reads corpora and has failed.
    case readerFailed(path: String, program: String, reason: String)
    /// A pattern with `**`.
    case unknownPattern(pattern: String)
    /// A directory without a corpus file; `leftOut` says how many others it holds, nil for none.
    case emptyDirectory(path: String, leftOut: String?)
    /// A line that is no record, or whose text the tokenizer refuses.
    case badLine(file: String, line: Int, reason: String)
    /// A line, or a whole plain text file, beyond the limit.
    case lineTooLong(file: String, line: Int, limitBytes: Int)
    /// A document of more tokens than 32 bits count.
    case documentTooLong(file: String, line: Int, tokens: Int, limit: Int)
    /// A corpus, or a source of a mix, without a scored token.
    case nothingToScore(paths: [String])
    /// A source whose weight gives it no token of an epoch, or too many to count.
    case unusableWeight(source: String, weight: Double)
    /// Phases that take more of a source than it has, as often as it may be gone through; both in tokens.
    case phasesTooLong(source: String, needed: Int, available: Int)
    /// A phase of a mix, by its number from 1, or an epoch of one (nil), of so few tokens that it may have no segment: each source gives
    /// it fewer than its longest segment has. With `needed` tokens one source gives as many.
    case phaseTooShort(phase: Int?, tokens: Int, needed: Int)
    /// A file that is no array of token ids.
    case badTokenArray(file: String, reason: String)
    /// A bare array that was written with wider elements than it is read with: every second one is 0.
    case widerElements(file: String, taken: TokenElement, likely: TokenElement, elements: Int)
    /// An id in a file that the tokenizer does not have; `position` counts ids from the start of the file.
    case tokenOutOfVocabulary(file: String, position: Int, id: Int, vocabulary: Int)
    /// An array of ids in which no end of sequence tells documents apart; `id` is nil where the model's files name none.
    case noEndOfSequence(file: String, tokens: Int, id: Int32?)
    /// The array was closed by another id than the one that closes the student's documents.
    case otherEndOfSequence(file: String, expected: Int32, got: Int32)
    /// `position` counts from the start of the document.
    case unreadableToken(document: String, position: Int, id: Int, reason: String)
    /// A file that somebody wrote to while it was read; nothing of it was kept.
    case changedWhileRead(path: String)
    /// A token cache that cannot be written.
    case unwritable(path: String, reason: String)
    /// A token file that has not the bytes that were written, or is of another format.
    case damagedCache(path: String, reason: String)

    /// Whether the rest of the file can be read without the line that the error names: what `--skip-bad-lines` is for.
    package var isOfOneLine: Bool {
        switch self {
        case .badLine, .lineTooLong: true
        case .notFound, .unreadable, .unknownFormat, .noReader, .readerFailed, .unknownPattern, .emptyDirectory,
            .documentTooLong,
            .nothingToScore, .unusableWeight, .phasesTooLong, .phaseTooShort, .badTokenArray, .widerElements,
            .tokenOutOfVocabulary,
            .noEndOfSequence,
            .otherEndOfSequence, .unreadableToken, .changedWhileRead, .unwritable, .damagedCache:
            false
        }
    }

    package var description: String {
        switch self {
        case .notFound(let path):
            "corpus \(path): no such file or directory"
        case .unreadable(let path, let reason):
            "corpus \(path) cannot be read: \(reason)"
        case .unknownFormat(let path):
            "corpus \(path): expected a name ending in \(CorpusFormat.knownExtensions)"
        case .noReader(let path, let kind):
            "corpus \(path): no program reads \(kind)://; name one: --reader \(kind)='PROGRAM'"
        case .readerFailed(let path, let program, let reason):
            "the program '\(program)' that reads \(path) \(reason)"
                + (program == CorpusReaders.standardProgram
                    ? ". It is of remit's package in Python (pip install 'remit-client[read]'); --reader names another"
                    : "")
        case .unknownPattern(let pattern):
            "corpus \(pattern): ** is not understood; name the directory, all below it is read, or use one * a level"
        case .emptyDirectory(let path, let leftOut):
            "corpus directory \(path) holds no file whose name ends in \(CorpusFormat.knownExtensions)"
                + (leftOut.map { "; left out: \($0)" } ?? "")
        case .badLine(let file, let line, let reason):
            "\(file):\(line): \(reason)"
        case .lineTooLong(let file, let line, let limitBytes):
            "\(file):\(line): the line is longer than \(limitBytes) bytes"
        case .documentTooLong(let file, let line, let tokens, let limit):
            "\(file):\(line): the document has \(tokens) tokens, the limit is \(limit)"
        case .nothingToScore(let paths):
            "the corpus \(paths.joined(separator: ", ")) has no document with a scored token (two tokens or more)"
        case .unusableWeight(let source, let weight):
            "the source \(source) of the mix has the weight \(weight), which gives it no token of an epoch (or too many to count)"
        case .phasesTooLong(let source, let needed, let available):
            "the phases of the mix take \(needed) tokens of the source '\(source)', which has \(available): give it "
                + "repeat: \((Double(needed) / Double(available) * 1000).rounded(.up) / 1000) or more, or less weight"
        case .phaseTooShort(let phase?, let tokens, let needed):
            "phase \(phase) of the mix has \(tokens) tokens, so few that no segment may begin in it; give it \(needed) or more, or "
                + "shorter segments (--sequence-length)"
        case .phaseTooShort(nil, let tokens, let needed):
            "an epoch of the mix has \(tokens) tokens, so few that no segment may begin in it, where \(needed) would do; give its sources "
                + "a larger repeat, or shorter segments (--sequence-length)"
        case .badTokenArray(let file, let reason):
            "\(file) is no array of token ids that can be read: \(reason)"
        case .widerElements(let file, let taken, let likely, let elements):
            "\(file) is no array of \(taken): every second one of \(elements) elements is 0. It looks like \(likely): say so with "
                + "--npy-dtype \(likely), or give it a NumPy header (numpy.save writes one)"
        case .tokenOutOfVocabulary(let file, let position, let id, let vocabulary):
            "\(file): the id \(id) at position \(position) is not in the tokenizer's vocabulary of \(vocabulary); the file was made "
                + "with another tokenizer, or its element type is another one (--npy-dtype)"
        case .noEndOfSequence(let file, let tokens, nil):
            "\(file): its \(tokens) tokens cannot be split into documents: the model's files name no end of sequence; give config.json "
                + "the eos_token_id that closes them"
        case .noEndOfSequence(let file, let tokens, let id?):
            "\(file): no end-of-sequence id \(id) in \(tokens) tokens, so documents cannot be told apart; the file was made with "
                + "another tokenizer, or its element type is another one (--npy-dtype)"
        case .otherEndOfSequence(let file, let expected, let got):
            "\(file): its documents are closed by \(got), but those of this model by its eos_token_id \(expected): they would be cut at "
                + "the wrong places. If \(got) is right, put it first in the eos_token_id of config.json; else write the file anew"
        case .unreadableToken(let document, let position, let id, let reason):
            "\(document) holds the token \(id) at position \(position), which cannot be read: \(reason)"
        case .changedWhileRead(let path):
            "\(path) changed while it was read, so nothing of it was kept; run again when nobody writes it"
        case .unwritable(let path, let reason):
            "the token cache \(path) cannot be written: \(reason)"
        case .damagedCache(let path, let reason):
            "the token cache \(path) is damaged (\(reason)); remove it and it will be made again"
        }
    }
}
