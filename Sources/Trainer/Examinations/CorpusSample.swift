import Corpora
import System
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
    /// Tokens of the documents that were read.
    package let tokens: Int
    /// Tokens of the whole corpus, all sources together; nil where they cannot be told: compressed files, and what a
    /// program reads.
    package let estimatedTokens: Int?
    /// Tokens of an epoch of the sources as they are mixed, without phases; of one source all of it. nil where they
    /// cannot be told.
    package let epochTokens: Int?
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
        /// Part of an epoch's tokens, relative to the other sources' weights; above 0.
        package let weight: Double
        /// How often one epoch may go through the source; above 0.
        package let repeats: Double

        /// - Parameter name: for messages, and for documents that name no domain of their own.
        package init(name: String, files: CorpusFiles, fields: RecordFields, weight: Double = 1, repeats: Double = 1) {
            self.name = name
            self.files = files
            self.fields = fields
            self.weight = weight
            self.repeats = repeats
        }
    }

    private let sources: [Source]
    private let programs: RunningReaders

    /// Takes documents from the beginning of up to `maxFiles` files, of each source some. Of token files, too, little
    /// more is read.
    ///
    /// - Parameters:
    ///   - wanted: tokens that are enough; the last document of each file is read whole.
    ///   - directory: of this sample alone; removed by the caller.
    ///   - stop: ends the reading.
    /// - Throws: `CorpusError`; `TrainingError.interrupted`.
    package init(
        _ sources: [Source], text: TextSide, sequenceLength: Int, attention: AttentionScope, tokens wanted: Int,
        directory: String, stop: StopFlag
    ) throws {
        self.sources = sources
        programs = RunningReaders(tokenizer: text.encoder.directory)
        let tried = Self.tried(sources)
        var reading = SampleReading(
            wanted: wanted, filesLeft: tried.count, encoder: text.encoder, programs: programs, stop: stop,
            writer: try TokenFileWriter(partialPath: directory + "/sample-partial"))
        for (source, file) in tried {
            try reading.read(
                file, ofSource: source, fields: sources[source].fields,
                domain: sources.count > 1 ? sources[source].name : nil)
        }
        let path = directory + "/sample"
        try reading.finish(path: path)
        let sample = try TokenFile(path)
        corpus = Corpus(sample, sequenceLength: sequenceLength, attention: attention)
        remarks =
            sources.flatMap { $0.files.remarks() } + MixSource.remarks(sources.map(\.name), sources.map(\.files))
            + sample.summary.remarks
        documents = sample.summary.documents
        tokens = sample.summary.tokens
        badLines = reading.badLines
        firstBadLine = reading.firstBadLine
        isWhole = reading.isWhole && tried.count == sources.reduce(0) { $0 + $1.files.files.count }

        let size = CorpusSize(sources, reading.files)
        estimatedTokens = size.tokens
        epochTokens = size.epochTokens
    }

    /// Whether any document of the whole corpus is of the domain; its text is read as far as that takes.
    package func corpusHolds(domain: String, stop: StopFlag) throws -> Bool {
        if corpus.domainsInUse.contains(domain) { return true }
        guard !isWhole else { return false }
        do {
            for source in sources {
                for file in source.files.files {
                    guard !file.format.holdsIDs else {
                        // Its documents name no domain, and are the source's.
                        if sources.count > 1, source.name == domain { return true }
                        continue
                    }
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

    /// The first file of each source, then the second of each, ...
    private static func tried(_ sources: [Source]) -> [(source: Int, file: CorpusFiles.File)] {
        var tried: [(source: Int, file: CorpusFiles.File)] = []
        for place in 0..<min(maxFiles, sources.map(\.files.files.count).max() ?? 0) {
            for (index, source) in sources.enumerated() where place < source.files.files.count {
                tried.append((index, source.files.files[place]))
            }
        }
        return Array(tried.prefix(maxFiles))
    }

    private struct Enough: Error {}
}
