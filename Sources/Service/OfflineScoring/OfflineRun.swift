import Corpora
import Digests
import Formats
import Sequences
import SideCars
import System
import Tokenizers

/// Writes a teacher's log-probs of a whole corpus to a side-car, and goes on with one that was begun. A segment gets the bits that the
/// engine gives it anywhere.
package struct OfflineRun {
    private let files: CorpusFiles
    private let text: TextSide
    private let options: OfflineScoringOptions
    private let stop: StopFlag
    private let onEvent: (OfflineScoringEvent) -> Void

    /// A scoring of these files; nothing is read yet.
    ///
    /// - Parameters:
    ///   - text: what turns the documents into ids.
    ///   - stop: asked between pieces of work.
    package init(
        _ files: CorpusFiles, text: TextSide, options: OfflineScoringOptions, stop: StopFlag,
        onEvent: @escaping (OfflineScoringEvent) -> Void
    ) {
        self.files = files
        self.text = text
        self.options = options
        self.stop = stop
        self.onEvent = onEvent
    }

    /// Throws unless a model with this tokenizer can read the corpus: to be asked before the model is loaded.
    ///
    /// - Throws: `OfflineScoringError.otherTokenizer`.
    package func check(_ teacher: Tokenizer) throws(OfflineScoringError) {
        try TeacherReading(text.tokenizer).check(teacher)
    }

    /// Tokenizes the corpus where the cache has it not, and scores what the side-car lacks.
    ///
    /// - Throws: `OfflineScoringError`, `CorpusError`, `SideCarError`, and what the engine throws.
    package func run(_ teacher: OfflineTeacher) throws -> OfflineScoringSummary {
        let reading = TeacherReading(text.tokenizer)
        try reading.check(teacher, sequenceLength: options.sequenceLength)
        let corpus = try loadCorpus()
        try reading.unreadable(teacher, remark: remark).check(corpus) { _ in try throwIfStopped() }
        let size = corpus.scoredSize
        let description = SideCarDescription(
            model: teacher.name, precision: teacher.precision, modelFingerprint: teacher.modelFingerprint.hex,
            tokenizerFingerprint: text.tokenizer.fingerprint.hex,
            scoresFingerprint: teacher.engine.scoresFingerprint.hex, corpusFingerprint: corpus.fingerprint.hex,
            sequenceLength: options.sequenceLength, segments: size.segments, tokens: size.tokens)
        let writer = try SideCarWriter(options.out, description, shardTokens: options.shardTokens)
        if writer.segmentsDone > 0 {
            remark("\(options.out) holds \(writer.segmentsDone) of \(size.segments) segments: going on behind them")
        }
        let seconds = try score(corpus, writer, teacher.engine)
        return OfflineScoringSummary(parts: size.segments, tokens: size.tokens, seconds: seconds)
    }

    private func loadCorpus() throws -> Corpus {
        for line in files.remarks() { remark("corpus: \(line)") }
        let meter = ProgressMeter("tokenizing")
        let tokens = try TokenCache(directory: options.tokenCache).tokenFile(
            files, fields: options.fields, encoder: text.encoder, skipBadLines: options.skipsBadLines
        ) { progress in
            try throwIfStopped()
            onEvent(.tokenizing(meter.progress(progress.tokens, share: progress.share)))
        }
        onEvent(.tokenized(tokens.summary))
        return Corpus(tokens, sequenceLength: options.sequenceLength)
    }

    private func score(_ corpus: Corpus, _ writer: SideCarWriter, _ engine: any TeacherEngine) throws -> Double {
        let start = ContinuousClock.now
        var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }
        let meter = ProgressMeter(of: writer.description.tokens, before: writer.tokensDone)
        try SideCarScoring(
            corpus, writer: writer, maxBatchTokens: options.maxBatchTokens, sharesPrefixes: engine.sharesPrefixes
        ).run(
            onDamage: { remark("\($0): that is done now") },
            onUnvouched: { _ in remark(Self.unvouched("the last shard")) },
            onProgress: { tokens in
                try throwIfStopped()
                onEvent(.scoring(meter.progress(tokens)))
            },
            vouch: { engine.vouch { stop.isRequested } },
            logProbs: engine.logProbs(ofSegments:))
        return elapsed
    }

    /// Times in a row that what nobody vouches for is scored, before the scoring ends.
    static let mostAttempts = 5

    /// What is said where an engine does not vouch for what it gave.
    static func unvouched(_ part: String) -> String {
        "\(part): the engine changed, was started anew or went away before its canaries could be scored again: it is scored again"
    }

    private func remark(_ line: String) { onEvent(.remark(line)) }

    private func throwIfStopped() throws(OfflineScoringError) {
        if stop.isRequested { throw .stopped }
    }
}
