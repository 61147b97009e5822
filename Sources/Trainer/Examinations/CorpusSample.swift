import Corpora
import Digests
import Foundation
import System
import Tokenizers
import Training

/// A few documents of a corpus, and what they let one expect of the rest.
package struct CorpusSample {
    /// Documents that were read, as a corpus.
    package let corpus: Corpus
    /// What is to be known of the files, and of what was read.
    package let remarks: [String]
    /// Documents that were read.
    package let documents: Int
    /// Lines that could not be read.
    package let badLines: Int
    /// What is wrong with the first of them; nil where there is none.
    package let firstBadLine: String?
    /// Tokens of the whole corpus; nil where they cannot be told: compressed files, and what a program reads.
    package let estimatedTokens: Int?
    /// Whether the sample is the whole corpus.
    package let isWhole: Bool

    /// One of the corpora of a run: the whole of `--corpus`, or a source of `--mix`.
    package struct Source {
        /// For messages, and for documents that name no domain of their own.
        package let name: String
        /// Files of the corpus.
        package let files: CorpusFiles
        /// Fields of its records.
        package let fields: RecordFields

        /// - Parameter name: for messages, and for documents that name no domain of their own.
        package init(name: String, files: CorpusFiles, fields: RecordFields) {
            self.name = name
            self.files = files
            self.fields = fields
        }
    }

    private let sources: [Source]
    private let programs: RunningReaders

    /// Takes documents from the beginning of up to `maxFiles` files.
    ///
    /// - Parameter directory: of this sample alone; removed by the caller.
    package init(
        _ sources: [Source], text: TextSide, sequenceLength: Int, attention: AttentionScope, tokens wanted: Int,
        directory: String
    ) throws {
        self.sources = sources
        programs = RunningReaders(tokenizer: text.encoder.directory)
        let files = sources.flatMap(\.files.files)
        let remarks =
            sources.flatMap { $0.files.remarks() } + MixSource.remarks(sources.map(\.name), sources.map(\.files))
        guard files.allSatisfy({ [.jsonLines, .plainText, .program].contains($0.format) }) else {
            // Ids already: nothing is gained by reading less than all.
            let cache = TokenCache(directory: directory)
            let tokens = try sources.map {
                try cache.tokenFile($0.files, fields: $0.fields, encoder: text.encoder, skipBadLines: true)
            }
            let summaries = tokens.map(\.summary)
            self.remarks = remarks + summaries.flatMap(\.remarks)
            corpus = Corpus(
                mixing: zip(sources, tokens).map { CorpusSource(name: $0.name, weight: 1, tokens: $1) },
                sequenceLength: sequenceLength, attention: attention)
            documents = summaries.reduce(0) { $0 + $1.documents }
            badLines = summaries.reduce(0) { $0 + $1.skipped.badLines }
            firstBadLine = summaries.lazy.compactMap(\.skipped.firstBadLine).first
            estimatedTokens = summaries.reduce(0) { $0 + $1.tokens }
            isWhole = true
            return
        }
        self.remarks = remarks
        var reading = Reading(wanted: wanted, filesLeft: min(files.count, Self.maxFiles))
        let writer = try TokenFileWriter(partialPath: directory + "/sample-partial")
        let tried = sources.flatMap { source in source.files.files.map { (source, $0) } }.prefix(Self.maxFiles)
        for (source, file) in tried {
            let domain = sources.count > 1 ? source.name : nil
            let reader = RecordReader(file, fields: source.fields, programs: programs)
            try reading.read(reader, text, domain: domain, into: writer)
        }
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

    /// Whether any document of the whole corpus is of the domain; its text is read as far as that takes.
    package func corpusHolds(domain: String, stop: StopFlag) throws -> Bool {
        if corpus.domainsInUse.contains(domain) { return true }
        guard !isWhole else { return false }
        do {
            for source in sources {
                for file in source.files.files {
                    let reader = RecordReader(file, fields: source.fields, programs: programs)
                    try reader.forEach(onWait: stop.throwIfRequested) { record in
                        try stop.throwIfRequested()
                        guard case .success(let record) = record, !record.isEmpty else { return }
                        if (record.domain ?? (sources.count > 1 ? source.name : nil)) == domain { throw Enough() }
                    }
                }
            }
        } catch is Enough {
            return true
        }
        return false
    }

    private static let maxFiles = 16

    /// By the size of the files: text and its JSON take about the same share everywhere.
    private static func estimate(_ files: [CorpusFiles.File], _ reading: Reading) -> Int? {
        guard !files.contains(where: { $0.reader != nil || [".gz", ".zst"].contains(where: $0.path.hasSuffix) }),
            reading.bytes > 0
        else { return nil }
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

        /// - Parameter domain: that of a document whose record names none.
        mutating func read(
            _ records: RecordReader, _ text: TextSide, domain: String?, into writer: TokenFileWriter
        ) throws {
            let share = max(1, (wanted - tokens) / max(1, filesLeft))
            let end = tokens + share
            filesLeft -= 1
            do {
                try records.forEach { record in
                    guard tokens < end else { throw Enough() }
                    do {
                        var record = try record.get()
                        guard !record.isEmpty else { return }
                        record.domain = record.domain ?? domain
                        let document = try text.encoder.document(record)
                        try writer.append(document)
                        documents += 1
                        tokens += document.tokenIDs.count
                        bytes += record.byteCount + Self.jsonBytes
                    } catch let error as CorpusError {
                        guard error.isOfOneLine else { throw error }
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
