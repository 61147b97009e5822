import Corpora
import Digests
import Foundation
import OfflineScoring
import Sequences
import SideCars
import TestSupport
import Testing

/// Corpora scored into side-cars by a made-up teacher.
struct SideCarScoringTests {
    private let directory: TemporaryDirectory
    private let corpus: Corpus

    init() throws {
        directory = try TemporaryDirectory()
        corpus = try Self.corpus(directory, "tokens", order: Array(0..<30))
    }

    /// Documents of 1 to 40 tokens, every fifth with a prompt, one of them twice, in the order given; cut at multiples of 16.
    private static func corpus(_ directory: TemporaryDirectory, _ name: String, order: [Int]) throws -> Corpus {
        let writer = try TokenFileWriter(partialPath: directory.file(name + "-partial"))
        for index in order {
            let number = index == 29 ? 7 : index
            let ids = (0...(number * 7 % 40)).map { Int32((number * 31 + $0 * $0) % 97) }
            try writer.append(Document(tokenIDs: ids, contextTokens: number % 5 == 0 ? ids.count / 2 : 0))
        }
        try writer.finish(path: directory.file(name), tokenizerFingerprint: "t", skipped: SkippedRecords())
        return Corpus(try TokenFile(directory.file(name)), sequenceLength: 16)
    }

    private func description(_ change: (inout SideCarDescription) -> Void = { _ in }) -> SideCarDescription {
        let size = corpus.scoredSize
        var description = SideCarDescription(
            model: "fake", precision: "f32", modelFingerprint: "m", tokenizerFingerprint: "t", scoresFingerprint: "s",
            corpusFingerprint: corpus.fingerprint.hex, sequenceLength: 16, segments: size.segments, tokens: size.tokens)
        change(&description)
        return description
    }

    private func writer(_ name: String, shardTokens: Int = 50) throws -> SideCarWriter {
        try SideCarWriter(directory.file(name), description(), shardTokens: shardTokens)
    }

    /// A made-up teacher: a function of a segment's ids alone.
    private func fake(_ segments: [[Int32]]) -> [[Float]] {
        segments.map { ids in ids.indices.map { $0 == 0 ? .nan : -Float(ids[$0]) / 7 - Float(ids[$0 - 1]) / 1000 } }
    }

    private struct Stopped: Error {}

    /// Scores until all is done, or throws after so many batches.
    private func score(_ name: String, _ corpus: Corpus? = nil, batches: Int = .max) throws {
        let corpus = corpus ?? self.corpus
        var left = batches
        try SideCarScoring(corpus, writer: writer(name), maxBatchTokens: 40).run(
            onProgress: { _ in
                left -= 1
                if left < 0 { throw Stopped() }
            }, logProbs: fake)
    }

    private func expectWhole(_ name: String) throws {
        let sideCar = try SideCar(directory.file(name))
        for segment in corpus.segments {
            let ids = try corpus.tokenIDs(segment)
            let found = try #require(try sideCar.logProbs(of: Segment.digest(of: ids)))
            #expect(found.map(\.bitPattern) == fake([ids])[0].map(\.bitPattern))
        }
        #expect(try sideCar.logProbs(of: Segment.digest(of: [1, 2, 3])) == nil)
        #expect(try SideCarVerification(directory.file(name)).run().problems.isEmpty)
    }

    /// A batch for an engine that shares prefixes holds what fits so.
    @Test func whatSharesAPrefixIsScoredTogether() throws {
        let tokens = try TokenFileWriter(partialPath: directory.file("alike-partial"))
        for number in 0..<6 {
            let ids = (0..<160).map { Int32($0 < 144 ? $0 % 97 : (number + $0) % 97) }
            try tokens.append(Document(tokenIDs: ids, contextTokens: 0))
        }
        try tokens.finish(path: directory.file("alike"), tokenizerFingerprint: "t", skipped: SkippedRecords())
        let alike = Corpus(try TokenFile(directory.file("alike")), sequenceLength: 160)
        let batches = try [false, true].map { shares in
            let writer = try SideCarWriter(
                directory.file(shares ? "shared" : "apart"),
                description {
                    $0.corpusFingerprint = alike.fingerprint.hex
                    ($0.segments, $0.tokens, $0.sequenceLength) = (6, 960, 160)
                }, shardTokens: 5_000)
            var sizes: [Int] = []
            try SideCarScoring(alike, writer: writer, maxBatchTokens: 400, sharesPrefixes: shares).run(
                onProgress: { _ in },
                logProbs: { segments in
                    sizes.append(segments.count)
                    return fake(segments)
                })
            return sizes
        }
        #expect(batches == [[2, 2, 2], [4, 2]])
    }

    @Test func everySegmentIsFoundByItsIds() throws {
        try score("whole")
        try expectWhole("whole")
        // Several shards, or the index was not tried.
        #expect(try writer("whole").segmentsDone == corpus.scoredSize.segments)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.file("whole"))
        #expect(files.count { $0.hasSuffix(".safetensors") } > 5)
    }

    @Test(arguments: [0, 1, 4, 7]) func aStoppedScoringGoesOn(_ batches: Int) throws {
        #expect(throws: Stopped.self) { try score("cut", batches: batches) }
        #expect(throws: (any Error).self) { try SideCar(directory.file("cut")) }
        try score("cut")
        try expectWhole("cut")
    }

    /// A killed scoring leaves a shard that no manifest names, and temporary files. They go; what others have in the directory stays.
    @Test func aKilledScoringGoesOn() throws {
        #expect(throws: Stopped.self) { try score("killed", batches: 6) }
        let path = directory.file("killed")
        let manifest = try String(contentsOfFile: path + "/manifest.json", encoding: .utf8)
        #expect(throws: Stopped.self) { try score("killed", batches: 3) }
        try manifest.write(toFile: path + "/manifest.json", atomically: true, encoding: .utf8)
        let others = [
            "mine.tmp", ".mine.tmp", "folder.tmp/x", ".logprobs-000009.safetensors.1-b.tmp/x",
            ".logprobs-9.safetensors.1-a.tmp",
        ]
        for name in [".logprobs-000009.safetensors.1-a.tmp", ".manifest.json.1-a.tmp"] + others {
            try directory.write("killed/" + name, "half".utf8)
        }
        try score("killed")
        try expectWhole("killed")
        let left = try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.contains(".tmp") }
        #expect(Set(others).isSubset(of: left) && left.count == others.count + 2, "\(left)")
    }

    @Test func aScoringIsContinuedOnlyWithWhatItWasBegunWith() throws {
        #expect(throws: Stopped.self) { try score("changed", batches: 4) }
        let path = directory.file("changed")
        for change: @Sendable (inout SideCarDescription) -> Void in [
            { $0.modelFingerprint = "other" }, { $0.tokenizerFingerprint = "other" },
            { $0.scoresFingerprint = "other" },
            { $0.corpusFingerprint = "other" }, { $0.sequenceLength = 32 },
        ] {
            #expect(throws: SideCarError.self) {
                try SideCarWriter(path, description(change), shardTokens: 50)
            }
        }
        // The same documents in another order have the same fingerprint, and other segments in front.
        let turned = try Self.corpus(directory, "turned", order: Array((0..<30).reversed()))
        #expect(turned.fingerprint == corpus.fingerprint)
        #expect(throws: SideCarError.otherOrder(path: path, segment: 0)) { try score("changed", turned) }
        // In itself whole, the two orders hold the same.
        try score("turned-scores", turned)
        try expectWhole("turned-scores")
    }

    /// Whether the scoring was whole or is to go on: nothing is built on a damaged shard, and the same command puts it right.
    @Test(arguments: [6, Int.max]) func damagedShardsAreScoredAgain(_ batches: Int) throws {
        if batches == .max {
            try score("mended")
        } else {
            #expect(throws: Stopped.self) { try score("mended", batches: batches) }
        }
        let path = directory.file("mended")
        let names = ["logprobs-000001.safetensors", "logprobs-000002.safetensors", "logprobs-000003.safetensors"]
        let sound = try names.map { try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0)) }
        func damage() throws {
            try (sound[0].dropLast(33) + [0] + sound[0].suffix(32)).write(
                to: URL(fileURLWithPath: path + "/" + names[0]))
            try FileManager.default.removeItem(atPath: path + "/" + names[2])
        }
        try damage()
        // By a teacher that is not the one of the manifest it stays as it is.
        #expect {
            try SideCarScoring(corpus, writer: writer("mended"), maxBatchTokens: 40).run(onProgress: { _ in }) {
                segments in
                fake(segments).map { $0.map { $0 * 2 } }
            }
        } throws: { error in
            guard case SideCarError.notReproduced = error else { return false }
            return true
        }
        var found: [SideCarError] = []
        try SideCarScoring(corpus, writer: writer("mended"), maxBatchTokens: 40).run(
            onDamage: { found.append($0) }, onProgress: { _ in }, logProbs: fake)
        #expect(found.count == 2)
        #expect(try names.map { try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0)) } == sound)
        try expectWhole("mended")
    }

    /// Without its corpus's fingerprint, a damaged shard is not what it says it lacks.
    @Test func aCorpusIsLookedForInASideCarOfAnother() throws {
        try score("whole")
        let sideCar = try SideCar(directory.file("whole"))
        let part = try Self.corpus(directory, "part", order: Array(0..<12))
        try sideCar.checkCovers(part)
        let other = try Self.corpus(directory, "more", order: Array(0..<30) + [31])
        #expect {
            try sideCar.checkCovers(other)
        } throws: { error in
            guard case SideCarError.missingSegment = error else { return false }
            return true
        }
        let name = directory.file("whole/logprobs-000002.safetensors")
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: name)))
        bytes[bytes.count - 20] ^= 4
        try Data(bytes).write(to: URL(fileURLWithPath: name))
        #expect {
            try sideCar.checkCovers(part)
        } throws: { error in
            guard case SideCarError.damagedShard(name, _) = error else { return false }
            return true
        }
    }

    @Test func anAnswerOfAnotherLengthIsRefused() throws {
        #expect(throws: OfflineScoringError.self) {
            try SideCarScoring(corpus, writer: writer("short"), maxBatchTokens: 40).run(onProgress: { _ in }) {
                $0.map { _ in [Float.nan] }
            }
        }
    }

    @Test(arguments: [0.5, .nan, -.infinity] as [Float]) func aLogProbThatCannotBeIsNotWritten(_ bad: Float) throws {
        let error = #expect(throws: OfflineScoringError.self) {
            try SideCarScoring(corpus, writer: writer("impossible"), maxBatchTokens: 40).run(onProgress: { _ in }) {
                fake($0).map { $0.count > 1 ? $0.dropLast() + [bad] : $0 }
            }
        }
        #expect(error?.description.contains("expected a finite log-prob of at most 0, got \(bad)") == true)
    }
}
