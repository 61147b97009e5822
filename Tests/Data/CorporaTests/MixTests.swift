import Corpora
import Sequences
import TestSupport
import Testing
import Tokenizers

struct MixTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Documents of `length` tokens, end included, told apart by their first letters.
    private func tokens(_ name: String, documents: Range<Int>, length: Int, files: Int = 1) throws -> TokenFile {
        var paths: [String] = []
        for file in 0..<files {
            let lines = documents.filter { $0 % files == file }.map { index in
                let text = "\(name)\(index) " + String(repeating: "x", count: length)
                return #"{"text": "\#(text.prefix(length - 1))"}"#
            }
            paths.append(
                try directory.write("\(name)-\(file)-of-\(files).jsonl", Array(lines.joined(separator: "\n").utf8)))
        }
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        return try TokenCache(directory: directory.file("cache")).tokenFile(CorpusFiles(paths), encoder: encoder)
    }

    private func mix(_ sources: [CorpusSource]) -> Corpus { Corpus(mixing: sources, sequenceLength: 32) }

    private func windows(_ corpus: Corpus, seed: UInt64 = 1, epoch: Int) throws -> [TrainingWindow] {
        let plan = try corpus.plan(seed: seed, epoch: epoch)
        return try (0..<plan.windowCount).map { try corpus.window(plan.window($0)) }
    }

    private func documents(_ windows: [TrainingWindow], source: Int) -> [[Int32]] {
        windows.flatMap { window in
            window.pieces.indices.filter { window.pieces[$0].source == source }.map {
                Array(window.tokenIDs[window.range(ofPiece: $0)])
            }
        }
    }

    @Test func weightsAreSharesOfAnEpochsTokens() throws {
        let code = try tokens("code", documents: 0..<40, length: 8)  // 320 tokens
        let web = try tokens("web", documents: 0..<100, length: 16)  // 1600 tokens
        let corpus = mix([
            CorpusSource(name: "web", weight: 3, tokens: web), CorpusSource(name: "code", weight: 1, tokens: code),
        ])
        #expect(corpus.sources.map(\.name) == ["code", "web"])
        #expect(try corpus.tokensOfEpoch() == [320, 960])
        let first = try windows(corpus, epoch: 0)
        #expect(documents(first, source: 0).count == 40 && documents(first, source: 1).count == 60)
        #expect(try corpus.plan(seed: 1, epoch: 0).sourceTokens == [320, 960])
        // The second epoch goes on in the web and through the code once more.
        let second = try windows(corpus, epoch: 1)
        #expect(Set(documents(second, source: 0)) == Set(documents(first, source: 0)))
        let web0 = documents(first, source: 1)
        let web1 = documents(second, source: 1)
        // 60 of 100, then the other 40 before any comes again.
        #expect(web1.count == 60 && Set(web0 + web1).count == 100)
        #expect(documents(second, source: 0) != documents(first, source: 0))
        #expect(corpus.domains == ["", "code", "web"])
    }

    @Test func aSourceMayBeGoneThroughMoreThanOnce() throws {
        let code = try tokens("code", documents: 0..<10, length: 8)
        let web = try tokens("web", documents: 0..<100, length: 16)
        let corpus = mix([
            CorpusSource(name: "web", weight: 1, tokens: web),
            CorpusSource(name: "code", weight: 1, repeats: 4, tokens: code),
        ])
        #expect(try corpus.tokensOfEpoch() == [320, 320])
        let code4 = documents(try windows(corpus, epoch: 0), source: 0)
        #expect(code4.count == 40)
        #expect(Dictionary(grouping: code4) { $0 }.values.allSatisfy { $0.count == 4 })
    }

    @Test func theOrderDependsNeitherOnFilesNorOnTheListOfSources() throws {
        let code = try tokens("code", documents: 0..<40, length: 8)
        let web = try tokens("web", documents: 0..<60, length: 16)
        let split = try tokens("web", documents: 0..<60, length: 16, files: 3)
        let a = mix([
            CorpusSource(name: "web", weight: 2, tokens: web), CorpusSource(name: "code", weight: 1, tokens: code),
        ])
        let b = mix([
            CorpusSource(name: "code", weight: 1, tokens: code), CorpusSource(name: "web", weight: 2, tokens: split),
        ])
        #expect(a.fingerprint == b.fingerprint)
        for epoch in 0..<3 { #expect(try windows(a, epoch: epoch) == windows(b, epoch: epoch)) }
        #expect(try windows(a, seed: 2, epoch: 0) != windows(a, epoch: 0))
        let other = mix([
            CorpusSource(name: "web", weight: 3, tokens: web), CorpusSource(name: "code", weight: 1, tokens: code),
        ])
        #expect(a.fingerprint != other.fingerprint)
    }

    @Test func aMixIsResumedAtItsCursor() throws {
        let corpus = mix([
            CorpusSource(name: "web", weight: 2, tokens: try tokens("web", documents: 0..<60, length: 16)),
            CorpusSource(name: "code", weight: 1, tokens: try tokens("code", documents: 0..<20, length: 8)),
        ])
        var stream = try WindowStream(corpus, seed: 5)
        var steps: [[TrainingWindow]] = []
        var cursors: [DataCursor] = []
        for _ in 0..<12 {
            steps.append(try stream.next(3))
            cursors.append(stream.cursor)
        }
        #expect(cursors[11].epoch > 0)
        for at in [0, 5, 10] {
            var resumed = try WindowStream(corpus, seed: 5, from: cursors[at])
            #expect(try resumed.next(3) == steps[at + 1])
        }
    }

    @Test func aWeightThatGivesNothingIsRefused() throws {
        let code = try tokens("code", documents: 0..<4, length: 8)
        let corpus = mix([
            CorpusSource(name: "code", weight: 1, tokens: code), CorpusSource(name: "web", weight: 1e-9, tokens: code),
        ])
        #expect(throws: CorpusError.unusableWeight(source: "web", weight: 1e-9)) { try corpus.plan(seed: 0, epoch: 0) }
    }
}

struct AttentionScopeTests {
    /// Over the window, a document's first token is predicted by the document before it.
    @Test func overTheWindowOnlyItsFirstTokenIsUnscored() throws {
        let directory = try TemporaryDirectory()
        let lines = [#"{"text": "ab"}"#, #"{"prompt": "cd", "completion": "e"}"#]
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: "\n").utf8))
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        let tokens = try TokenCache(directory: directory.file("cache")).tokenFile(CorpusFiles([path]), encoder: encoder)
        func window(_ attention: AttentionScope, seed: UInt64) throws -> TrainingWindow {
            let corpus = Corpus(tokens, sequenceLength: 16, attention: attention)
            let plan = try corpus.plan(seed: seed, epoch: 0)
            #expect(plan.windowCount == 1)
            return try corpus.window(plan.window(0))
        }
        let seeds = try (0..<20).map { try (UInt64($0), window(.document, seed: UInt64($0)).tokenIDs.first) }
        let plainFirst = try #require(seeds.first { $0.1 == 97 }).0
        let promptFirst = try #require(seeds.first { $0.1 == 99 }).0

        let apart = try window(.document, seed: plainFirst)
        #expect(apart.segments.starts == [0, 3])
        #expect(apart.scored == [false, true, true, false, false, true, true])
        let joined = try window(.window, seed: plainFirst)
        #expect(joined.tokenIDs == apart.tokenIDs && joined.segments.starts == [0])
        #expect(joined.pieces.map(\.start) == [0, 3])
        #expect(joined.scored == [false, true, true, false, false, true, true])
        #expect(try window(.window, seed: promptFirst).scored == [false, false, true, true, true, true, true])
        #expect(try window(.document, seed: promptFirst).scored == [false, false, true, true, false, true, true])
    }
}
