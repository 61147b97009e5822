import Corpora
import Digests
import Foundation
import Tokenizers

/// A few documents of a corpus, and what they let one expect of the rest.
struct CorpusSample {
    let corpus: Corpus
    /// Documents that were read, and lines that could not be.
    let documents: Int
    let badLines: Int
    let firstBadLine: String?
    /// nil where it cannot be told: compressed files.
    let estimatedTokens: Int?
    let isWhole: Bool

    /// Takes documents from the beginning of up to `maxFiles` files.
    ///
    /// - Parameter directory: of this sample alone; removed by the caller.
    init(
        _ paths: [String], text: TextSide, fields: RecordFields, sequenceLength: Int, attention: AttentionScope,
        tokens wanted: Int,
        directory: String
    ) throws {
        let files = try CorpusFiles(paths).files
        let textFiles = files.filter { $0.format == .jsonLines || $0.format == .plainText }
        guard textFiles.count == files.count else {
            // Ids already: nothing is gained by reading less than all.
            let tokens = try TokenCache(directory: directory).tokenFile(
                CorpusFiles(paths), fields: fields, encoder: text.encoder, skipBadLines: true)
            corpus = Corpus(tokens, sequenceLength: sequenceLength, attention: attention)
            documents = tokens.summary.documents
            badLines = tokens.summary.skipped.badLines
            firstBadLine = tokens.summary.skipped.firstBadLine
            estimatedTokens = tokens.summary.tokens
            isWhole = true
            return
        }
        var reading = Reading(wanted: wanted, filesLeft: min(files.count, Self.maxFiles))
        let writer = try TokenFileWriter(partialPath: directory + "/sample-partial")
        for file in files.prefix(Self.maxFiles) { try reading.read(file, text, fields, into: writer) }
        let path = directory + "/sample"
        try writer.finish(
            path: path, tokenizerFingerprint: text.tokenizer.fingerprint.hex, skipped: SkippedRecords())
        corpus = Corpus(try TokenFile(path), sequenceLength: sequenceLength, attention: attention)
        documents = reading.documents
        badLines = reading.badLines
        firstBadLine = reading.firstBadLine
        isWhole = reading.isWhole && files.count <= Self.maxFiles
        estimatedTokens = isWhole ? reading.tokens : Self.estimate(files, reading)
    }

    private static let maxFiles = 16

    /// By the size of the files: text and its JSON take about the same share everywhere.
    private static func estimate(_ files: [CorpusFiles.File], _ reading: Reading) -> Int? {
        guard !files.contains(where: { [".gz", ".zst"].contains(where: $0.path.hasSuffix) }), reading.bytes > 0 else {
            return nil
        }
        let bytes = files.reduce(0) { sum, file in
            var status = stat()
            return sum + (stat(file.path, &status) == 0 ? Int(status.st_size) : 0)
        }
        return Int(Double(bytes) * Double(reading.tokens) / Double(reading.bytes))
    }

    private struct Enough: Error {}

    private struct Reading {
        var wanted: Int
        var filesLeft: Int
        var documents = 0
        var tokens = 0
        /// Of the text that became these tokens.
        var bytes = 0
        var badLines = 0
        var firstBadLine: String?
        var isWhole = true

        mutating func read(
            _ file: CorpusFiles.File, _ text: TextSide, _ fields: RecordFields, into writer: TokenFileWriter
        ) throws {
            let share = max(1, (wanted - tokens) / max(1, filesLeft))
            let end = tokens + share
            filesLeft -= 1
            do {
                try RecordReader(file, fields: fields).forEach { record in
                    guard tokens < end else { throw Enough() }
                    do {
                        let record = try record.get()
                        guard !record.text.isEmpty else { return }
                        let document = try text.encoder.document(record)
                        try writer.append(document)
                        documents += 1
                        tokens += document.tokenIDs.count
                        bytes += record.text.count + Self.jsonBytes
                    } catch let error as CorpusError {
                        guard case .badLine = error else { throw error }
                        badLines += 1
                        firstBadLine = firstBadLine ?? error.description
                    }
                }
            } catch is Enough {
                isWhole = false
            }
        }

        /// Field name, quotes and braces of a JSON line.
        private static let jsonBytes = 13
    }
}
