import Annealing
import CommandLines
import Corpora
import Foundation

/// Tokenizes corpora, or finds them tokenized, and says so.
struct CorpusLoader {
    let text: TextSide
    let cacheDirectory: String
    let fields: RecordFields
    let skipBadLines: Bool
    let sequenceLength: Int
    let terminal: Terminal
    let stop: StopSignal

    func load(_ paths: [String], role: String, attention: AttentionScope = .document) throws -> Corpus {
        Corpus(try tokens(paths, fields: fields, role: role), sequenceLength: sequenceLength, attention: attention)
    }

    func load(_ mix: MixFile, attention: AttentionScope) throws -> Corpus {
        let sources = try mix.sources.map { source in
            var fields = fields
            fields.text = source.textField ?? fields.text
            return CorpusSource(
                name: source.name, weight: source.weight, repeats: source.repeat,
                tokens: try tokens(source.paths, fields: fields, role: source.name))
        }
        let corpus = Corpus(mixing: sources, sequenceLength: sequenceLength, attention: attention)
        let quotas = try corpus.tokensOfEpoch()
        let total = Double(quotas.reduce(0, +))
        let shares = zip(corpus.sources, quotas).map { "\($0.name) \(Format.percent(Double($1) / total))" }
        terminal.line("an epoch of the mix: \(Format.count(total)) tokens: \(shares.joined(separator: ", "))")
        return corpus
    }

    private func tokens(_ paths: [String], fields: RecordFields, role: String) throws -> TokenFile {
        let files = try CorpusFiles(paths)
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
        let summary = tokens.summary
        var line =
            "\(role): \(summary.documents) documents, \(Format.count(Double(summary.tokens))) tokens, "
            + "\(Format.count(Double(summary.scoredTokens))) scored"
        if summary.skipped.emptyDocuments > 0 { line += ", \(summary.skipped.emptyDocuments) empty documents left out" }
        terminal.line(line)
        if let first = summary.skipped.firstBadLine {
            terminal.line("\(role): \(summary.skipped.badLines) bad lines left out, the first: \(first)")
        }
        return tokens
    }
}
