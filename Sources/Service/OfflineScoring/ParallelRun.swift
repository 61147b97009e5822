import Corpora
import Digests
import Foundation
import ScoreFiles
import System
import Tokenizers

/// Writes a teacher's log-probs of token files into parallel float files, one number an item; with a base also the static weights. Works
/// range by range in a hidden folder beside them: what a killed scoring loses is less than a range.
package struct ParallelRun {
    private static let workFolder = ".scoring"

    private let files: CorpusFiles
    let text: TextSide
    let options: Options
    private let stop: StopFlag
    let onEvent: (OfflineScoringEvent) -> Void

    /// How token files are scored.
    package struct Options: Sendable {
        /// Element type of arrays without header; nil: the smallest unsigned one that holds the vocabulary.
        package var bareElement: TokenElement?
        /// What is scored on its own.
        package var unit: ScoreUnit
        /// Folder of the parallel files.
        package var out: String
        /// How numbers are stored.
        package var element: ScoreElement
        /// Most tokens of a batch, but for a longer single piece.
        package var maxBatchTokens: Int
        /// Items of a range, about: what a scoring that is killed loses is less.
        package var rangeItems: Int
        /// Static weights are clipped to 1 - epsilon ... 1 + epsilon.
        package var epsilon: Double

        package init(
            bareElement: TokenElement?, unit: ScoreUnit, out: String, element: ScoreElement, maxBatchTokens: Int,
            rangeItems: Int, epsilon: Double
        ) {
            self.bareElement = bareElement
            self.unit = unit
            self.out = out
            self.element = element
            self.maxBatchTokens = maxBatchTokens
            self.rangeItems = rangeItems
            self.epsilon = epsilon
        }
    }

    /// A scoring of these files; nothing is read yet.
    ///
    /// - Parameter text: its tokenizer made the ids, its end of sequence closes documents.
    package init(
        _ files: CorpusFiles, text: TextSide, options: Options, stop: StopFlag,
        onEvent: @escaping (OfflineScoringEvent) -> Void
    ) {
        self.files = files
        self.text = text
        self.options = options
        self.stop = stop
        self.onEvent = onEvent
    }

    /// Throws for files whose items nothing can stand beside, and where none has items: to be asked before a model is loaded.
    ///
    /// - Throws: `OfflineScoringError.noItems`, `.emptyFiles`, `.sameName`; `CorpusError`.
    package func check() throws { _ = try tokenFiles() }

    /// Scores what is not there yet, and writes the files.
    ///
    /// - Parameters:
    ///   - teacher: loads the teacher, which is let go before the base is loaded.
    ///   - base: loads the frozen base of static weights; nil: log-probs alone.
    /// - Throws: `OfflineScoringError`, `ScoreFileError`, `CorpusError`, and what loading and engines throw.
    package func run(
        _ teacher: () throws -> OfflineTeacher, base: (() throws -> OfflineTeacher)? = nil
    ) throws -> OfflineScoringSummary {
        let tokens = try tokenFiles()
        try ScoreFileError.making(options.out)
        let lock = try ScoreFileError.locked(options.out)
        defer { withExtendedLifetime(lock) {} }
        var scored = try logProbs(tokens, by: teacher)
        if let base {
            if scored.numbers == nil, try !hasWeights(scored, tokens, against: base) {
                scored = try logProbs(tokens, by: teacher, evenIfThere: true)
            }
            if let numbers = scored.numbers {
                scored.seconds += try makeWeights(scored, tokens, against: base, teacher: numbers)
            }
        }
        try? FileManager.default.removeItem(atPath: work)
        return OfflineScoringSummary(
            parts: scored.plan.parts.count, tokens: scored.plan.items, seconds: scored.seconds)
    }

    private var work: String { options.out + "/" + Self.workFolder }

    private func tokenFiles() throws -> [TokenItems] {
        var names: [String: String] = [:]
        let found = try files.files.map { file in
            guard file.format == .tokenArray || file.format == .megatron, !file.isCompressed
            else { throw OfflineScoringError.noItems(file: file.path) }
            let tokens = try TokenItems(
                URL(fileURLWithPath: file.path).standardizedFileURL.path,
                bareElement: options.bareElement ?? .smallest(forVocabulary: text.tokenizer.vocabularySize))
            if let other = names.updateValue(tokens.path, forKey: Self.name(tokens.path)) {
                throw OfflineScoringError.sameName(file: tokens.path, other: other)
            }
            return tokens
        }
        guard found.contains(where: { $0.count > 0 }) else {
            throw OfflineScoringError.emptyFiles(found.map(\.path))
        }
        return found
    }

    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// Path of the JSON of a token file's numbers.
    func json(_ file: ScoringPlan.File, _ suffix: String) -> String {
        options.out + "/" + Self.name(file.path) + suffix + ".json"
    }

    /// What a teacher's log-probs came to.
    struct Scored {
        let plan: ScoringPlan
        let identity: ScoresIdentity
        /// A range's numbers as the engine gave them; nil where they are there already, rounded to 16 bits.
        var numbers: ((ScoringPlan.Part) throws -> [Float])?
        /// Time of scoring and writing.
        var seconds = 0.0
    }

    /// The teacher's log-probs, in their files. The teacher is let go.
    ///
    /// - Parameter evenIfThere: scores again what is there in 16 bits, for numbers as they were before they were narrowed.
    private func logProbs(
        _ tokens: [TokenItems], by load: () throws -> OfflineTeacher, evenIfThere: Bool = false
    ) throws -> Scored {
        let teacher = try load()
        let reading = TeacherReading(text.tokenizer)
        try reading.check(teacher, sequenceLength: options.unit.tokens)
        let plan = try plan(tokens, teacher)
        var scored = Scored(plan: plan, identity: teacher.identity)
        let isThere = try isThere(plan, tokens, .logProbs, teacher.identity)
        if isThere, options.element == .f32 {
            let files = try plan.files.map { try ParallelFile(json($0, ParallelQuantity.logProbs.suffix)) }
            scored.numbers = { try files[$0.file].values($0.items) }
        } else if !isThere || evenIfThere {
            scored.seconds = try Self.seconds {
                let ranges = try score(plan, into: "teacher", teacher, reading)
                if !isThere { try write(plan, tokens, .logProbs, of: teacher.identity, ranges.values) }
                scored.numbers = ranges.values
            }
        }
        return scored
    }

    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        try ContinuousClock().measure(work) / .seconds(1)
    }

    /// A plan in the work folder: the one of an earlier sitting, or a new one.
    private func plan(_ tokens: [TokenItems], _ teacher: OfflineTeacher) throws -> ScoringPlan {
        let path = work + "/plan.json"
        let end = options.unit.kind == .document ? text.encoder.endOfSequence : nil
        let plan = try ScoringPlan(
            path: path, files: tokens, unit: options.unit, end: end, partItems: options.rangeItems,
            identity: teacher.identity
        ) { file, share in
            try throwIfStopped()
            onEvent(.planning(file: file, share: share))
        }
        try ScoreFileError.making(work)
        if FileManager.default.fileExists(atPath: path) {
            let begun = try ScoringPlan(contentsOf: path)
            guard begun.digest == plan.digest else {
                throw ScoreFileError.changed(
                    path: options.out,
                    what: "teacher, corpus, unit, end of sequence or --shard-tokens (by the plan's digest)",
                    was: begun.digest, now: plan.digest)
            }
        } else {
            try plan.write()
        }
        return plan
    }

    func score(
        _ plan: ScoringPlan, into name: String, _ teacher: OfflineTeacher, _ reading: TeacherReading
    ) throws -> RangeMerge {
        let results = try RangeResults(work + "/" + name)
        let done = try results.done()
        for part in plan.parts where done.contains(part.name) {
            let entry = try results.entry(part, of: plan, model: teacher.name)
            if let found = teacher.identity.difference(entry.identity) {
                throw ScoreFileError.changed(path: options.out, what: found.what, was: found.other, now: found.own)
            }
        }
        if !done.isEmpty {
            onEvent(.remark("\(options.out) holds \(done.count) of \(plan.parts.count) ranges: going on behind them"))
        }
        // Nobody else works here: the folder is locked.
        try RangeWorker(
            plan: plan, results: results, claims: results.claims(lease: .zero), teacher: teacher,
            unreadable: reading.unreadable(teacher) { onEvent(.remark($0)) }, element: .f32,
            maxBatchTokens: options.maxBatchTokens, stop: stop, onEvent: onEvent
        ).run(from: 0)
        return try RangeMerge(plan, results, model: teacher.name)
    }

    func write(
        _ plan: ScoringPlan, _ tokens: [TokenItems], _ quantity: ParallelQuantity, of identity: ScoresIdentity,
        _ numbers: (ScoringPlan.Part) throws -> [Float]
    ) throws {
        for (index, file) in plan.files.enumerated() {
            let writer = try ParallelWriter(
                in: options.out, quantity, of: identity, unit: plan.unit,
                tokens: ParallelManifest.Tokens(
                    file: Self.name(file.path), items: file.items, element: tokens[index].element.rawValue,
                    sha256: file.sha256),
                element: options.element)
            for part in plan.parts where part.file == index {
                try throwIfStopped()
                try writer.append(try numbers(part))
            }
            let path = try writer.finish()
            onEvent(.remark("\(path): \(writer.items) items, \(writer.scoredItems) with a number"))
        }
    }

    func throwIfStopped() throws(OfflineScoringError) {
        if stop.isRequested { throw .stopped }
    }
}
