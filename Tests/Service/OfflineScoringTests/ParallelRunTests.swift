import Corpora
import Digests
import Formats
import Foundation
import OfflineScoring
import ScoreFiles
import System
import TestSupport
import Testing
import Tokenizers

/// Token files scored into parallel files, and by plan.
struct ParallelRunTests {
    private static let demo = Program.root + "/Examples/demo/base"
    private static let length = 16

    private let directory: TemporaryDirectory
    private let text: TextSide
    private let stop = StopFlag()
    /// Ids of each token file, documents of many lengths among them, the last of the second not closed.
    private let ids: [String: [Int32]]

    init() throws {
        directory = try TemporaryDirectory()
        text = try TextSide(directory: Self.demo)
        let end = try #require(text.encoder.endOfSequence)
        var state: UInt32 = 7
        func file(_ documents: Int) -> [Int32] {
            (0..<documents).flatMap { document -> [Int32] in
                (0..<(document * 7 % 41)).map { _ in
                    state = state &* 1_664_525 &+ 1_013_904_223
                    return Int32(state >> 8) % 200 + 100
                } + [end]
            }
        }
        ids = ["a.npy": file(30), "b.npy": file(12) + [101, 102, 103]]
        for (name, ids) in ids {
            try directory.write(name, ids.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        }
    }

    private var out: String { directory.file("out") }

    private func teacher(
        shift: Float = 0, number: UInt8 = 1, onBatch: @escaping @Sendable () -> Void = {},
        vouches: @escaping @Sendable () -> Bool = { true }
    ) -> OfflineTeacher {
        OfflineTeacher(
            name: "fake\(number)",
            engine: FakeEngine(
                scoresFingerprint: SHA256Hasher.digest([number]), shift: shift, onBatch: onBatch, vouches: vouches),
            tokenizer: text.tokenizer, vocabularySize: text.tokenizer.vocabularySize, contextLength: 1024,
            modelFingerprint: SHA256Hasher.digest([2, number]), precision: "f32",
            program: ScoringEngineName(name: "fake", version: "1", device: "none"))
    }

    private func scoring(
        _ kind: ScoreUnit.Kind = .document, element: ScoreElement = .f32, stop: StopFlag? = nil, rangeItems: Int = 100,
        text: TextSide? = nil, bareElement: TokenElement = .uint16,
        onEvent: @escaping (OfflineScoringEvent) -> Void = { _ in }
    ) throws -> ParallelRun {
        ParallelRun(
            try CorpusFiles([directory.file("a.npy"), directory.file("b.npy")]), text: text ?? self.text,
            options: ParallelRun.Options(
                bareElement: bareElement, unit: ScoreUnit(kind, tokens: Self.length), out: out, element: element,
                maxBatchTokens: 40, rangeItems: rangeItems, epsilon: 0.2),
            stop: stop ?? self.stop, onEvent: onEvent)
    }

    private func pieces(_ name: String, _ kind: ScoreUnit.Kind) throws -> [Range<Int>] {
        let tokens = try TokenItems(directory.file(name), bareElement: .uint16)
        let unit = ScoreUnit(kind, tokens: Self.length)
        if kind == .chunk { return Array(unit.pieces(0..<tokens.count)) }
        var pieces: [Range<Int>] = []
        try tokens.forEachDocument(in: 0..<tokens.count, end: text.encoder.endOfSequence) {
            pieces += Array(unit.pieces($0))
        }
        return pieces
    }

    /// Every item has the number that the engine gives its piece.
    private func check(_ kind: ScoreUnit.Kind, in folder: String, _ engine: FakeEngine = FakeEngine()) throws {
        for (name, ids) in ids {
            let file = try ParallelFile(folder + "/" + name + ".scores.json")
            #expect(file.manifest.tokens.items == ids.count && file.manifest.unit.kind == kind)
            try file.verify()
            for piece in try pieces(name, kind) {
                let (found, expected) = (try file.values(piece), engine.expected(Array(ids[piece])))
                #expect(found[0].isNaN && found.dropFirst() == expected.dropFirst(), "\(name) \(piece)")
            }
        }
    }

    @Test(arguments: ScoreUnit.Kind.allCases) func everyItemHasTheEnginesNumber(kind: ScoreUnit.Kind) throws {
        var last: Double?
        let summary = try scoring(kind) {
            if case .scoring(let progress) = $0 { last = progress.share }
        }.run { teacher() }
        #expect(last == 1 && summary.tokens == ids.values.reduce(0) { $0 + $1.count })
        try check(kind, in: out)
        #expect(!FileManager.default.fileExists(atPath: out + "/.scoring"))
        // Again: all is there, and nothing is scored.
        _ = try scoring(kind).run { teacher(onBatch: { Issue.record("it was scored again") }) }
        #expect(throws: ScoreFileError.self) { try scoring(kind).run { teacher(number: 3) } }
        #expect(throws: ScoreFileError.self) { try scoring(kind, element: .f16).run { teacher() } }
    }

    /// What ends a document decides what the teacher saw: files of another end of sequence are not there. Where chunks are scored it
    /// decides nothing.
    @Test(arguments: ScoreUnit.Kind.allCases) func filesOfAnotherEndOfSequenceAreNotThere(kind: ScoreUnit.Kind) throws {
        let model = directory.file("model")
        try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: false)
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
            let text = try String(contentsOfFile: Self.demo + "/" + name, encoding: .utf8)
            try directory.write(
                "model/" + name, text.replacing("\"eos_token_id\": 0", with: "\"eos_token_id\": 101").utf8)
        }
        let other = try TextSide(directory: model)
        try #require(other.encoder.endOfSequence == 101)
        _ = try scoring(kind).run { teacher() }
        func again() throws { _ = try scoring(kind, text: other).run { teacher() } }
        guard kind == .document else { return try again() }
        let error = #expect(throws: ScoreFileError.self) { try again() }
        #expect(error?.description.contains("end of sequence") == true)
        try check(kind, in: out)
    }

    /// Files of numbers that are gone, short or damaged are scored again, and the others are left.
    @Test(arguments: ["gone", "short", "damaged"]) func filesThatAreNotWholeAreScoredAgain(what: String) throws {
        _ = try scoring().run { teacher() }
        let path = out + "/a.npy.scores"
        let whole = try #require(FileManager.default.contents(atPath: path))
        switch what {
        case "gone": try FileManager.default.removeItem(atPath: path)
        case "short": try directory.write("out/a.npy.scores", whole.dropLast(4))
        default: try directory.write("out/a.npy.scores", whole.dropLast() + [whole[whole.count - 1] ^ 1])
        }
        _ = try scoring().run { teacher() }
        #expect(FileManager.default.contents(atPath: path) == whole)
        try check(.document, in: out)
    }

    /// What an engine elsewhere does not vouch for is not put, and scored again.
    @Test func aRangeThatIsNotVouchedForIsScoredAgain() throws {
        let (ranges, batches) = (Locked(0), Locked((all: 0, ofFirst: 0)))
        var remarks: [String] = []
        _ = try scoring { if case .remark(let line) = $0 { remarks.append(line) } }.run {
            teacher(
                onBatch: { batches.withLock { $0.all += 1 } },
                vouches: {
                    ranges.withLock { ranges in
                        ranges += 1
                        if ranges == 1 { batches.withLock { $0.ofFirst = $0.all } }
                        return ranges > 1
                    }
                })
        }
        #expect(remarks.count { $0.contains("it is scored again") } == 1, "\(remarks)")
        try check(.document, in: out)
        let counted = batches.withLock { $0 }
        try FileManager.default.removeItem(atPath: out)
        let once = Locked(0)
        _ = try scoring().run { teacher(onBatch: { once.withLock { $0 += 1 } }) }
        #expect(counted.all == once.withLock { $0 } + counted.ofFirst && counted.ofFirst > 0)
    }

    @Test func whatAStoppedScoringHadIsKeptWhereItIsVouchedFor() throws {
        let stop = StopFlag()
        #expect(throws: OfflineScoringError.stopped) {
            try scoring(stop: stop).run { teacher(onBatch: { stop.request() }, vouches: { false }) }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: out + "/.scoring/teacher")
        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(left)")
    }

    @Test func filesOfIdsReadOtherwiseAreNotThere() throws {
        _ = try scoring(.chunk).run { teacher() }
        #expect(throws: ScoreFileError.self) { try scoring(.chunk, bareElement: .uint8).run { teacher() } }
    }

    /// Stopped after every batch, and gone on with.
    @Test func aStoppedScoringGoesOn() throws {
        var sittings = 0
        while true {
            sittings += 1
            let stop = StopFlag()
            do {
                // The first batch of a sitting asks to stop.
                _ = try scoring(stop: stop).run { teacher(onBatch: { stop.request() }) }
                break
            } catch OfflineScoringError.stopped {}
            try #require(sittings < 100)
        }
        #expect(sittings > 10)
        try check(.document, in: out)
    }

    @Test func anotherScoringIsNotGoneOnWith() throws {
        let stop = StopFlag()
        #expect(throws: OfflineScoringError.stopped) {
            try scoring(stop: stop).run { teacher(onBatch: { stop.request() }) }
        }
        #expect(throws: ScoreFileError.self) { try scoring(.chunk).run { teacher() } }
        #expect(throws: ScoreFileError.self) { try scoring(rangeItems: 50).run { teacher() } }
        #expect(throws: ScoreFileError.self) { try scoring().run { teacher(number: 3) } }
    }

    @Test(arguments: ScoreElement.allCases) func staticWeightsAreTheMethods(element: ScoreElement) throws {
        _ = try scoring(element: element).run({ teacher() }, base: { teacher(shift: 0.4, number: 4) })
        try check(element)
        // Again: all is there, and nothing is scored.
        let again: @Sendable () -> Void = { Issue.record("it was scored again") }
        let summary = try scoring(element: element).run(
            { teacher(onBatch: again) }, base: { teacher(shift: 0.4, number: 4, onBatch: again) })
        #expect(summary.seconds == 0)
        // Weights that are gone are made of the numbers on disk, where those were not rounded.
        try FileManager.default.removeItem(atPath: out + "/a.npy.weights.json")
        let batches = Locked(0)
        _ = try scoring(element: element).run(
            { teacher(onBatch: { batches.withLock { $0 += 1 } }) }, base: { teacher(shift: 0.4, number: 4) })
        #expect((batches.withLock { $0 } == 0) == (element == .f32))
        try check(element)
        // Equal models: 1 everywhere.
        try FileManager.default.removeItem(atPath: out)
        _ = try scoring().run({ teacher() }, base: { teacher() })
        let file = try ParallelFile(out + "/a.npy.weights.json")
        #expect(try file.values(0..<file.manifest.tokens.items).allSatisfy { $0.isNaN || $0 == 1 })
    }

    /// The loading of models is not, whatever the scoring itself takes.
    @Test func theScoringIsTimed() async throws {
        try await TestSupport.onThread {
            let (start, loading) = (ContinuousClock.now, 0.2)
            func loaded(_ teacher: OfflineTeacher) -> OfflineTeacher {
                Thread.sleep(forTimeInterval: loading)
                return teacher
            }
            let summary = try scoring().run({ loaded(teacher()) }, base: { loaded(teacher(shift: 0.4, number: 4)) })
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            #expect(summary.seconds > 0 && summary.seconds <= elapsed - 2 * loading)
        }
    }

    private func check(_ element: ScoreElement) throws {
        let (teacher, base) = (FakeEngine(), FakeEngine(shift: 0.4))
        var clipped = 0
        for (name, ids) in ids {
            let file = try ParallelFile(out + "/" + name + ".weights.json")
            guard case .weights(let made) = file.manifest.quantity else { throw ScoreFileError.noScores(path: name) }
            #expect(made.base == "fake4" && made.epsilon == 0.2)
            try file.verify()
            for piece in try pieces(name, .document) {
                let delta = zip(teacher.expected(Array(ids[piece])), base.expected(Array(ids[piece]))).dropFirst()
                    .map { Double($0) - Double($1) }
                let mean = delta.reduce(0, +) / Double(max(1, delta.count))
                let found = try file.values(piece)
                #expect(found[0].isNaN)
                for (weight, delta) in zip(found.dropFirst(), delta) {
                    let expected = min(max(2 / (1 + exp(mean - delta)), 0.8), 1.2)
                    #expect(abs(Double(weight) - expected) < (element == .f32 ? 1e-6 : 1e-3))
                    clipped += expected == 0.8 || expected == 1.2 ? 1 : 0
                }
            }
        }
        #expect(clipped > 10)
    }

    @Test func textAndFilesOfOneNameOrWithoutItemsAreRefused() throws {
        let text = try directory.write("text.jsonl", "{\"text\": \"a\"}\n".utf8)
        let same = try directory.write("more/a.npy", [1, 0])
        func refused(_ paths: [String], _ error: OfflineScoringError) throws {
            let options = ParallelRun.Options(
                bareElement: .uint16, unit: ScoreUnit(.document, tokens: 16), out: out, element: .f32,
                maxBatchTokens: 40,
                rangeItems: 100, epsilon: 0.2)
            let run = ParallelRun(
                try CorpusFiles(paths), text: self.text, options: options, stop: stop
            ) { _ in }
            #expect(throws: error) { try run.check() }
        }
        try refused([directory.file("a.npy"), text], .noItems(file: text))
        for name in ["b.npy.gz", "c.npy.GZ", "d.npy.ZST"] {
            let packed = try directory.write(name, [1, 0])
            try refused([directory.file("a.npy"), packed], .noItems(file: packed))
        }
        try refused([directory.file("a.npy"), same], .sameName(file: same, other: directory.file("a.npy")))
        let empty = try ["empty.npy", "empty2.npy"].map { try directory.write($0, []) }
        try refused(empty, .emptyFiles(empty))
    }

    // MARK: - By plan

    private func plan(_ teacher: OfflineTeacher? = nil) throws -> ScoringPlan {
        let plan = try ScoringPlan(
            path: directory.file("plan.json"),
            files: try ["a.npy", "b.npy"].map { try TokenItems(directory.file($0), bareElement: .uint16) },
            unit: ScoreUnit(.document, tokens: Self.length), end: text.encoder.endOfSequence, partItems: 50,
            identity: (teacher ?? self.teacher()).identity)
        try plan.write()
        return plan
    }

    private func worker(_ plan: ScoringPlan, stop: StopFlag = StopFlag()) -> PlanRun {
        PlanRun(
            plan, tokenizer: text.tokenizer,
            options: PlanRun.Options(results: out, element: .f32, maxBatchTokens: 40, lease: .seconds(600)), stop: stop
        ) { _ in }
    }

    /// One is stopped midway, one stands for a killed one with its claim left, and several finish it together.
    @Test func workersShareAPlan() async throws {
        let plan = try plan()
        let stop = StopFlag()
        #expect(throws: OfflineScoringError.stopped) {
            try worker(plan, stop: stop).run(teacher(onBatch: { stop.request() }), workerNumber: 3)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: out + "/claims").isEmpty)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    try await TestSupport.onThread { _ = try worker(plan).run(teacher(), workerNumber: number) }
                }
            }
            try await group.waitForAll()
        }
        let merge = try RangeMerge(plan, try RangeResults(out), model: "fake")
        for part in plan.parts {
            let (tokens, found) = (try plan.tokens(part.file), try merge.values(part))
            try plan.forEachPiece(of: part, in: tokens) { piece in
                let places = piece.lowerBound - part.items.lowerBound..<piece.upperBound - part.items.lowerBound
                let expected = FakeEngine().expected(try tokens.ids(piece))
                #expect(found[places].dropFirst() == expected.dropFirst())
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: out + "/claims").isEmpty)
    }

    @Test func aPlanIsForItsTeacherAndItsFiles() throws {
        let plan = try plan(teacher(number: 5))
        #expect(throws: OfflineScoringError.self) { try worker(plan).run(teacher(), workerNumber: 0) }
        let own = try self.plan()
        try directory.write(
            "a.npy", ids["a.npy", default: []].reversed().flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        #expect(throws: OfflineScoringError.self) { try worker(own).run(teacher(), workerNumber: 0) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: out + "/claims").isEmpty)
    }
}
