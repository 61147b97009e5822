import Corpora
import Formats
import System

/// Tokenizes corpora, or finds them tokenized, and says so.
package struct CorpusLoader {
    private let text: TextSide
    private let cacheDirectory: String
    private let fields: RecordFields
    private let skipBadLines: Bool
    private let sequenceLength: Int
    private let notices: LoadingNotices
    private let stop: StopFlag

    /// - Parameters:
    ///   - text: of the student, which reads all corpora.
    ///   - cacheDirectory: where tokenized corpora are kept.
    ///   - fields: of records that name no others.
    ///   - skipBadLines: whether lines that cannot be read are left out; else the first is an error.
    ///   - sequenceLength: longest segment, in tokens.
    ///   - stop: looked at while a corpus is tokenized.
    package init(
        text: TextSide, cacheDirectory: String, fields: RecordFields, skipBadLines: Bool, sequenceLength: Int,
        notices: LoadingNotices, stop: StopFlag
    ) {
        self.text = text
        self.cacheDirectory = cacheDirectory
        self.fields = fields
        self.skipBadLines = skipBadLines
        self.sequenceLength = sequenceLength
        self.notices = notices
        self.stop = stop
    }

    /// A corpus of files that is trained on; `role` is what messages call it.
    ///
    /// - Throws: `CorpusError`; `TrainingError.interrupted`.
    package func load(
        _ paths: [String], role: String, attention: AttentionScope = .document, order: CorpusOrder = .shuffled
    ) throws -> Corpus {
        Corpus(
            try tokens(found(paths), fields: fields, role: role), sequenceLength: sequenceLength,
            attention: attention, order: order)
    }

    /// A corpus that nothing is trained on; says how much of it `training` holds too.
    ///
    /// - Throws: `CorpusError`; `TrainingError.interrupted`.
    package func loadHeldOut(_ paths: [String], role: String, beside training: Corpus? = nil) throws -> Corpus {
        let heldOut = Corpus(
            try tokens(found(paths), fields: fields, role: role, isHeldOut: true), sequenceLength: sequenceLength)
        if let training, case let known = heldOut.documents(alsoIn: training), known > 0 {
            notices.line(
                "\(role): \(known) of its \(heldOut.documentCount) documents are in the training corpus too: their loss is not a "
                    + "held-out one")
        }
        return heldOut
    }

    /// A corpus mixed of several; says which part each has in an epoch, or in each phase.
    ///
    /// - Throws: `CorpusError`; `TrainingError.interrupted`.
    package func load(
        _ mix: [MixSource], phases: [MixPhase], attention: AttentionScope, order: CorpusOrder
    ) throws -> Corpus {
        let files = try mix.map { try found($0.paths) }
        for remark in MixSource.remarks(mix.map(\.name), files) { notices.line(remark) }
        let sources = try zip(mix, files).map { source, files in
            var fields = fields
            fields.text = source.textField ?? fields.text
            return CorpusSource(
                name: source.name, weight: source.weight, repeats: source.repeat,
                tokens: try tokens(files, fields: fields, role: source.name))
        }
        let names = sources.map(\.name).sorted()
        let corpus = Corpus(
            mixing: sources, sequenceLength: sequenceLength, attention: attention, order: order,
            phases: phases.map { $0.phase(of: names) })
        for (index, quotas) in try corpus.tokensOfPhases().enumerated() {
            let total = Double(quotas.reduce(0, +))
            let shares = zip(corpus.sources, quotas).filter { $1 > 0 }
                .map { "\($0.name) \(Format.percent(Double($1) / total))" }
            notices.line(
                (phases.isEmpty ? "an epoch of the mix" : "phase \(index + 1) of the mix")
                    + ": \(Format.count(total)) tokens: \(shares.joined(separator: ", "))")
        }
        return corpus
    }

    private func found(_ paths: [String]) throws -> CorpusFiles { try CorpusFiles(paths, readers: fields.readers) }

    private func tokens(
        _ files: CorpusFiles, fields: RecordFields, role: String, isHeldOut: Bool = false
    ) throws -> TokenFile {
        for remark in files.remarks(isHeldOut: isHeldOut) { notices.line("\(role): \(remark)") }
        let clock = ContinuousClock()
        let meter = ProgressMeter("tokenizing \(role)")
        var shown = clock.now
        let tokens = try TokenCache(directory: cacheDirectory).tokenFile(
            files, fields: fields, encoder: text.encoder, skipBadLines: skipBadLines
        ) { progress in
            try stop.throwIfRequested()
            guard clock.now - shown > .milliseconds(200) else { return }
            shown = clock.now
            notices.progress(meter.progress(progress.tokens, share: progress.share))
        }
        for line in tokens.summary.lines(count: Format.count) { notices.line("\(role): \(line)") }
        return tokens
    }
}

/// What a person is shown while a corpus is read.
package struct LoadingNotices {
    /// Shows a line that stays.
    package let line: (String) -> Void
    /// Shows how far what is done at the moment is; the next one replaces it.
    package let progress: (WorkProgress) -> Void

    package init(line: @escaping (String) -> Void, progress: @escaping (WorkProgress) -> Void) {
        self.line = line
        self.progress = progress
    }
}
