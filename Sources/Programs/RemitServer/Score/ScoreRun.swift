import Checkpoints
import CommandLines
import Corpora
import Digests
import Foundation
import LocalEngines
import Sequences
import SideCars
import System
import Tensors
import Tokenizers
import Transformers

/// What keeps a corpus from being scored by a model.
enum ScoreError: Error, Equatable, CustomStringConvertible {
    case otherTokenizer(teacher: String, given: String)
    case sequenceTooLong(requested: Int, contextLength: Int)

    var description: String {
        switch self {
        case .otherTokenizer(let teacher, let given):
            "the teacher's tokenizer and the one of --tokenizer differ (tokenizer_fingerprint \(teacher) and \(given)): the teacher "
                + "knows other tokens. Take a teacher of the student's lineage"
        case .sequenceTooLong(let requested, let contextLength):
            "--sequence-length is \(requested), but the teacher reads at most \(contextLength) tokens"
        }
    }
}

/// From the command line to a whole side-car. The engine is the server's, loaded as the server loads it: a segment gets the bits that it would get over HTTP.
struct ScoreRun {
    let command: ScoreCommand
    let terminal: Terminal
    let stop: StopFlag

    private var name: String {
        command.name ?? URL(fileURLWithPath: command.model).standardizedFileURL.lastPathComponent
    }

    /// The rows of the table that the program ends with.
    func run() throws -> [(String, String)] {
        let files = try CorpusFiles(command.corpus)
        let checkpoint = try Checkpoint(
            model: command.model, ignoring: command.compute.ignoredConfigFields)
        let ofTeacher = try checkpoint.textSide()
        let teacherTokenizer = ofTeacher.tokenizer
        let text = try command.tokenizer.map { try TextSide(directory: $0) } ?? ofTeacher
        for remark in text.remarks { terminal.line("tokenizer: \(remark)") }
        guard text.tokenizer.fingerprint == teacherTokenizer.fingerprint else {
            throw ScoreError.otherTokenizer(
                teacher: teacherTokenizer.fingerprint.hex, given: text.tokenizer.fingerprint.hex)
        }
        let teacher = try loadTeacher(checkpoint)
        let corpus = try loadCorpus(files, text)
        try unreadable(text.tokenizer, teacherTokenizer, teacher).check(corpus) { _ in try stop.throwIfRequested() }
        let size = CorpusScoring.size(of: corpus)
        let description = SideCarDescription(
            model: name,
            precision: command.precision.rawValue, modelFingerprint: teacher.modelFingerprint.hex,
            tokenizerFingerprint: text.tokenizer.fingerprint.hex,
            scoresFingerprint: teacher.scoresFingerprint.hex, corpusFingerprint: corpus.fingerprint.hex,
            sequenceLength: command.sequenceLength, segments: size.segments, tokens: size.tokens)
        let writer = try SideCarWriter(command.out, description, shardTokens: command.shardTokens)
        if writer.segmentsDone > 0 {
            terminal.line(
                "\(command.out) holds \(writer.segmentsDone) of \(size.segments) segments: going on behind them")
        }
        let seconds = try score(corpus, writer, teacher.engine)
        let bytes = size.tokens * 4
        return [
            ("segments", "\(size.segments)"), ("tokens", "\(size.tokens)"),
            ("log-probs", "\(Format.count(Double(bytes)))B in \(command.out)"), ("time", Format.time(seconds)),
        ]
    }

    /// What the teacher cannot read as the tokenizer of the corpus means it; a warning, unless the corpus holds it.
    private func unreadable(_ own: Tokenizer, _ teachers: Tokenizer, _ teacher: LocalEngine) -> UnreadableTokens {
        let unshared = own.unsharedTokens(with: teachers)
        let named = unshared.sorted { $0.key < $1.key }.prefix(10).map { id, names in
            "\(id): \(names.own ?? "none") / \(names.other ?? "none")"
        }
        if !named.isEmpty {
            terminal.line(
                "warning: the tokenizer and \(name)'s do not share all added tokens (\(unshared.count)): "
                    + "\(named.joined(separator: ", ")). A document that holds one is refused")
        }
        let unreadable = UnreadableTokens(
            own, rows: teacher.description.vocabularySize,
            reasons: unshared.mapValues {
                "the tokenizer calls it \($0.own ?? "none"), \(name)'s \($0.other ?? "none")"
            },
            model: name)
        if let remark = unreadable.remark { terminal.line("warning: \(name): \(remark)") }
        return unreadable
    }

    private func score(_ corpus: Corpus, _ writer: SideCarWriter, _ engine: any TeacherEngine) throws -> Double {
        let start = ContinuousClock.now
        var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }
        let total = writer.description.tokens
        try CorpusScoring(corpus, writer: writer, maxBatchTokens: command.maxBatchTokens).run(
            onDamage: { terminal.line("\($0): that is done now") },
            onProgress: { progress in
                try stop.throwIfRequested()
                let speed = Double(progress.scoredNow) / max(elapsed, 1e-9)
                terminal.progress(
                    ScoreProgress(tokens: progress.tokens, of: total, tokensPerSecond: speed).line(
                        columns: terminal.isInteractive ? terminal.columns : nil),
                    always: progress.tokens == total)
            },
            logProbs: { segments in
                var rest = try engine.scores(PackedBatch(segments: segments), topK: 0).logProbs[...]
                return segments.map { segment in
                    defer { rest = rest.dropFirst(segment.count) }
                    return Array(rest.prefix(segment.count))
                }
            })
        return elapsed
    }

    private func loadCorpus(_ files: CorpusFiles, _ text: TextSide) throws -> Corpus {
        for remark in files.remarks() { terminal.line("corpus: \(remark)") }
        let tokens = try TokenCache(directory: command.tokenCache ?? command.out + "/tokens").tokenFile(
            files, fields: command.records.fields, encoder: text.encoder,
            skipBadLines: command.records.skipBadLines
        ) { progress in
            try stop.throwIfRequested()
            terminal.status(
                "tokenizing: \(progress.documents) documents, \(Format.count(Double(progress.tokens))) tokens")
        }
        for line in tokens.summary.lines(count: Format.count) { terminal.line("corpus: \(line)") }
        return Corpus(tokens, sequenceLength: command.sequenceLength)
    }

    /// As `serve` loads one: within the memory that the models may take, and only if its kernels pass their check on this CPU.
    private func loadTeacher(_ checkpoint: Checkpoint) throws -> LocalEngine {
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        if let warning = core.warning { terminal.line("warning: " + warning) }
        let loader = EngineLoader(
            precision: command.precision, workers: try command.compute.workers(),
            // Nothing waits: batches are scored one by one, and a document may be one of its own.
            maxBatchTokens: max(command.maxBatchTokens, command.sequenceLength),
            maxSegmentTokens: command.sequenceLength,
            budget: MemoryBudget(limit: command.maxMemory?.bytes ?? MachineMemory.bytes()))
        let teacher = try loader.load(checkpoint)
        for remark in teacher.description.remarks { terminal.line("warning: \(name): \(remark)") }
        let check = teacher.selfCheck
        terminal.line("self-check of the \(check.kernelPath) kernels passed: \(check.rowsCompared) rows")
        guard command.sequenceLength <= teacher.description.contextLength else {
            throw ScoreError.sequenceTooLong(
                requested: command.sequenceLength, contextLength: teacher.description.contextLength)
        }
        return teacher
    }
}

/// The line of progress. Pure.
struct ScoreProgress {
    var tokens: Int
    var of: Int
    var tokensPerSecond: Double

    init(tokens: Int, of total: Int, tokensPerSecond: Double) {
        self.tokens = tokens
        of = total
        self.tokensPerSecond = tokensPerSecond
    }

    /// - Parameter columns: of the terminal, whose spare room a bar takes; nil: no bar.
    func line(columns: Int?) -> String {
        let share = of > 0 ? Double(tokens) / Double(of) : 1
        var parts = [
            "\(Format.count(Double(tokens)))/\(Format.count(Double(of))) tokens", Format.percent(share),
            "\(Format.count(tokensPerSecond)) tok/s",
        ]
        if tokensPerSecond > 0 { parts.append("ETA \(Format.time(Double(of - tokens) / tokensPerSecond))") }
        if let columns {
            let room = min(columns - 1 - parts.joined(separator: " ").count - " []".count, 20)
            if room >= 4 { parts.insert(Format.bar(share, width: room), at: 1) }
        }
        return parts.joined(separator: " ")
    }
}
