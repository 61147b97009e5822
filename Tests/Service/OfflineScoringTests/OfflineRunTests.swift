import Corpora
import Digests
import Formats
import Foundation
import OfflineScoring
import ScoreFiles
import Sequences
import SideCars
import System
import TestSupport
import Testing
import Tokenizers

struct OfflineRunTests {
    private static let demo = Program.root + "/Examples/demo/base"
    private static let length = 16

    private let directory: TemporaryDirectory
    private let text: TextSide
    private let stop = StopFlag()

    init() throws {
        directory = try TemporaryDirectory()
        let lines = (0..<30).map { "{\"text\": \"\($0) + \($0) = \(2 * $0)\"}\n" }
        try directory.write("corpus.jsonl", lines.joined().utf8)
        text = try TextSide(directory: Self.demo)
    }

    private var out: String { directory.file("out") }

    private func scoring(_ onEvent: @escaping (OfflineScoringEvent) -> Void = { _ in }) throws -> OfflineRun {
        let options = OfflineScoringOptions(
            tokenCache: directory.file("tokens"), sequenceLength: Self.length, out: out, maxBatchTokens: 40,
            shardTokens: 50)
        return OfflineRun(
            try CorpusFiles([directory.file("corpus.jsonl")]), text: text, options: options, stop: stop,
            onEvent: onEvent)
    }

    private func teacher(
        _ tokenizer: Tokenizer? = nil, contextLength: Int = 1024, vouches: @escaping @Sendable () -> Bool = { true }
    ) -> OfflineTeacher {
        OfflineTeacher(
            name: "fake", engine: FakeEngine(vouches: vouches), tokenizer: tokenizer ?? text.tokenizer,
            vocabularySize: text.tokenizer.vocabularySize, contextLength: contextLength,
            modelFingerprint: SHA256Hasher.digest([2]), precision: "f32",
            program: ScoringEngineName(name: "fake", version: "1", device: "none"))
    }

    /// Every segment of the corpus with what the engine gives it.
    private func check(_ summary: OfflineScoringSummary) throws {
        let files = try CorpusFiles([directory.file("corpus.jsonl")])
        let tokens = try TokenCache(directory: directory.file("tokens")).tokenFile(files, encoder: text.encoder)
        let corpus = Corpus(tokens, sequenceLength: Self.length)
        let sideCar = try SideCar(out)
        var (segments, count) = (0, 0)
        for segment in corpus.segments {
            let ids = Array(try corpus.tokenIDs(segment))
            let found = try #require(try sideCar.logProbs(of: Segment.digest(of: ids)))
            #expect(found.map(\.bitPattern) == FakeEngine().expected(ids).map(\.bitPattern))
            segments += 1
            count += ids.count
        }
        #expect(summary.parts == segments && summary.tokens == count && segments >= 30)
    }

    @Test func everySegmentHasTheEnginesLogProbs() throws {
        var last: Double?
        let summary = try scoring {
            if case .scoring(let progress) = $0 { last = progress.share ?? -1 }
        }.run(teacher())
        #expect(last == 1)
        try check(summary)
    }

    @Test func aStoppedScoringGoesOn() throws {
        let error = #expect(throws: OfflineScoringError.self) {
            try scoring { if case .scoring(let progress) = $0, progress.done > 0 { stop.request() } }.run(teacher())
        }
        #expect(error == .stopped)
        var remarks: [String] = []
        let again = OfflineRun(
            try CorpusFiles([directory.file("corpus.jsonl")]), text: text,
            options: OfflineScoringOptions(
                tokenCache: directory.file("tokens"), sequenceLength: Self.length, out: out, maxBatchTokens: 40,
                shardTokens: 50), stop: StopFlag(),
            onEvent: { if case .remark(let line) = $0 { remarks.append(line) } })
        try check(try again.run(teacher()))
        #expect(remarks.contains { $0.hasSuffix("segments: going on behind them") }, "\(remarks)")
    }

    /// A shard of which an engine elsewhere does not know whose it is is scored again.
    @Test func aShardThatIsNotVouchedForIsScoredAgain() throws {
        let shards = Locked(0)
        var remarks: [String] = []
        let summary = try scoring { if case .remark(let line) = $0 { remarks.append(line) } }.run(
            teacher(vouches: {
                shards.withLock { shards in
                    shards += 1
                    return shards != 3
                }
            }))
        #expect(remarks.count { $0.contains("it is scored again") } == 1, "\(remarks)")
        try check(summary)
    }

    /// It is not written, and the scoring ends, where nobody vouches for it time after time. Who goes on scores it.
    @Test func aShardThatIsNeverVouchedForIsNotWritten() throws {
        let shards = Locked(0)
        let firstTwo: @Sendable () -> Bool = {
            shards.withLock { shards in
                shards += 1
                return shards < 3
            }
        }
        #expect(throws: SideCarError.notVouchedFor(path: out)) { try scoring().run(teacher(vouches: firstTwo)) }
        #expect(shards.withLock { $0 } == 7, "five times for the third")
        var segments = 0
        let begun = try FileManager.default.contentsOfDirectory(atPath: out).count { $0.hasSuffix(".safetensors") }
        #expect(begun == 2)
        let summary = try scoring {
            if case .remark(let line) = $0, line.contains("going on behind") { segments += 1 }
        }.run(teacher())
        #expect(segments == 1)
        try check(summary)
    }

    @Test func aTeacherThatCannotReadTheCorpusIsRefused() throws {
        #expect(throws: OfflineScoringError.sequenceTooLong(requested: Self.length, contextLength: 15)) {
            try scoring().run(teacher(contextLength: 15))
        }
        var json = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: Self.demo + "/tokenizer.json")))
                as? [String: Any])
        var model = try #require(json["model"] as? [String: Any])
        model["merges"] = Array(try #require(model["merges"] as? [Any]).dropLast())
        json["model"] = model
        let other = try Tokenizer(
            json: Array(try JSONSerialization.data(withJSONObject: json)), source: "tokenizer.json")
        #expect(
            throws: OfflineScoringError.otherTokenizer(
                teacher: other.fingerprint.hex, given: text.tokenizer.fingerprint.hex)
        ) { try scoring().check(other) }
        #expect(!FileManager.default.fileExists(atPath: out), "nothing was begun")
    }
}
