import Annealing
import CommandLines
import Corpora
import Foundation
import System
import Training

extension UnreadableTokens {
    /// Throws for the first document that holds one, or where the run is to stop.
    func check(_ corpus: Corpus, _ terminal: Terminal, _ stop: StopFlag) throws {
        try check(corpus) { share in
            try stop.throwIfRequested()
            terminal.status("looking for tokens that cannot be read: \(Format.percent(share))")
        }
    }
}

/// Tokenizes corpora, or finds them tokenized, and says so.
struct CorpusLoader {
    let text: TextSide
    let cacheDirectory: String
    let fields: RecordFields
    let skipBadLines: Bool
    let sequenceLength: Int
    let terminal: Terminal
    let stop: StopFlag

    func load(_ paths: [String], role: String, attention: AttentionScope = .document) throws -> Corpus {
        Corpus(
            try tokens(CorpusFiles(paths), fields: fields, role: role), sequenceLength: sequenceLength,
            attention: attention)
    }

    /// A corpus that nothing is trained on, and what of it `training` holds too.
    func loadHeldOut(_ paths: [String], role: String, beside training: Corpus? = nil) throws -> Corpus {
        let heldOut = Corpus(
            try tokens(CorpusFiles(paths), fields: fields, role: role, isHeldOut: true), sequenceLength: sequenceLength)
        if let training, case let known = heldOut.documents(alsoIn: training), known > 0 {
            terminal.line(
                "\(role): \(known) of its \(heldOut.documentCount) documents are in the training corpus too: their loss is not a "
                    + "held-out one")
        }
        return heldOut
    }

    func load(_ mix: MixFile, attention: AttentionScope) throws -> Corpus {
        let files = try mix.files()
        for remark in MixFile.remarks(mix.sources.map(\.name), files) { terminal.line(remark) }
        let sources = try zip(mix.sources, files).map { source, files in
            var fields = fields
            fields.text = source.textField ?? fields.text
            return CorpusSource(
                name: source.name, weight: source.weight, repeats: source.repeat,
                tokens: try tokens(files, fields: fields, role: source.name))
        }
        let corpus = Corpus(mixing: sources, sequenceLength: sequenceLength, attention: attention)
        let quotas = try corpus.tokensOfEpoch()
        let total = Double(quotas.reduce(0, +))
        let shares = zip(corpus.sources, quotas).map { "\($0.name) \(Format.percent(Double($1) / total))" }
        terminal.line("an epoch of the mix: \(Format.count(total)) tokens: \(shares.joined(separator: ", "))")
        return corpus
    }

    private func tokens(
        _ files: CorpusFiles, fields: RecordFields, role: String, isHeldOut: Bool = false
    ) throws -> TokenFile {
        for remark in files.remarks(isHeldOut: isHeldOut) { terminal.line("\(role): \(remark)") }
        let clock = ContinuousClock()
        var shown = clock.now
        let tokens = try TokenCache(directory: cacheDirectory).tokenFile(
            files, fields: fields, encoder: text.encoder, skipBadLines: skipBadLines
        ) { progress in
            try stop.throwIfRequested()
            guard clock.now - shown > .milliseconds(200) else { return }
            shown = clock.now
            terminal.status(
                "tokenizing \(role): \(progress.documents) documents, \(Format.count(Double(progress.tokens))) tokens")
        }
        for line in tokens.summary.lines(count: Format.count) { terminal.line("\(role): \(line)") }
        return tokens
    }
}
