import Corpora
import Sequences
import TestSupport
import Testing
import Tokenizers

struct CorpusOrderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A file for each list of texts, in the order given; a document has a token more than its text has letters.
    private func tokens(_ name: String, _ files: [[String]]) throws -> TokenFile {
        let paths = try files.enumerated().map { index, texts in
            try directory.write(
                "\(name)-\(index).jsonl",
                Array(texts.map { #"{"text": "\#($0)"}"# }.joined(separator: "\n").utf8))
        }
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        return try TokenCache(directory: directory.file("cache")).tokenFile(CorpusFiles(paths), encoder: encoder)
    }

    /// Texts of letters that say which they are, of `length` letters each.
    private func texts(_ letter: Character, _ range: Range<Int>, length: Int = 7) -> [String] {
        range.map { index in
            let name = "\(letter)\(index)"
            return name + String(repeating: ".", count: length - name.count)
        }
    }

    private func pieces(_ corpus: Corpus, seed: UInt64 = 1, epoch: Int = 0) throws -> [[[Int32]]] {
        let plan = try corpus.plan(seed: seed, epoch: epoch)
        return try (0..<plan.windowCount).map { index in
            let window = try corpus.window(plan.window(index))
            return window.pieces.indices.map { Array(window.tokenIDs[window.range(ofPiece: $0)]) }
        }
    }

    private func ids(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } + [ByteTokenizer.end] }

    @Test func documentsComeAsTheyLieInTheFiles() throws {
        let (first, second) = (
            texts("a", 0..<9), ["long" + String(repeating: "x", count: 70)] + texts("b", 0..<5, length: 20)
        )
        let corpus = Corpus(try tokens("one", [first, second]), sequenceLength: 32, order: .files)
        let windows = try pieces(corpus)
        // A long document is cut into pieces, which come one behind the other.
        let expected = (first + second).flatMap { text in
            let ids = ids(text)
            return stride(from: 0, to: ids.count, by: 32).map { Array(ids[$0..<min($0 + 32, ids.count)]) }
        }
        #expect(windows.flatMap { $0 } == expected)
        #expect(windows[0].count == 4 && windows.allSatisfy { $0.reduce(0) { $0 + $1.count } <= 32 })
        // Neither seed nor epoch changes it.
        #expect(try pieces(corpus, seed: 2, epoch: 3) == windows)
    }

    /// A resumed run is told from one in another order by the fingerprint, which of a shuffled corpus says nothing of order.
    @Test func theFingerprintIsOfTheOrderToo() throws {
        let (a, b) = (texts("a", 0..<5), texts("b", 0..<5))
        let (one, other) = (try tokens("x", [a, b]), try tokens("y", [b, a]))
        func fingerprint(_ tokens: TokenFile, _ order: CorpusOrder) -> String {
            "\(Corpus(tokens, sequenceLength: 32, order: order).fingerprint)"
        }
        #expect(fingerprint(one, .shuffled) == fingerprint(other, .shuffled))
        #expect(fingerprint(one, .shuffled) == "\(one.fingerprint)")
        #expect(fingerprint(one, .files) != fingerprint(other, .files))
        #expect(fingerprint(one, .files) != fingerprint(one, .shuffled))
        #expect(try fingerprint(tokens("z", [a + b]), .files) == fingerprint(one, .files))
    }

    @Test func sourcesOfAMixGoOnSideBySideEachInItsOrder() throws {
        let code = texts("c", 0..<10)  // 80 tokens
        let web = texts("w", 0..<60)  // 480 tokens
        let corpus = Corpus(
            mixing: [
                CorpusSource(name: "code", weight: 1, tokens: try tokens("code", [code])),
                CorpusSource(name: "web", weight: 3, tokens: try tokens("web", [web])),
            ], sequenceLength: 32, order: .files)
        let plan = try corpus.plan(seed: 1, epoch: 0)
        #expect(plan.sourceTokens == [80, 240])
        let first = try pieces(corpus)
        #expect(first.flatMap { $0 }.filter { code.map(ids).contains($0) } == code.map(ids))
        let isCode = first.map { window in window.map { code.map(ids).contains($0) } }
        // In each window of four documents one of code: the shares hold from the first window to the last.
        #expect(isCode.allSatisfy { $0.count == 4 && $0.count { $0 } == 1 }, "\(isCode)")
        // The second epoch goes on in the web.
        let second = try pieces(corpus, epoch: 1).flatMap { $0 }
        #expect(second.filter { web.map(ids).contains($0) } == web[30...].map(ids))
    }

    private func phased(_ order: CorpusOrder = .shuffled, repeats: Double = 1, first: Int = 160) throws -> Corpus {
        Corpus(
            mixing: [
                CorpusSource(
                    name: "code", weight: 1, repeats: repeats, tokens: try tokens("code", [texts("c", 0..<20)])),
                CorpusSource(name: "web", weight: 1, tokens: try tokens("web", [texts("w", 0..<60)])),
            ], sequenceLength: 32, order: order,
            phases: [
                CorpusPhase(tokens: first, weights: [0, 1]), CorpusPhase(tokens: 160, weights: [1, 3]),
                CorpusPhase(tokens: 128, weights: [3, 1]),
            ])
    }

    @Test(arguments: CorpusOrder.allCases) func eachPhaseHasItsWeights(_ order: CorpusOrder) throws {
        let corpus = try phased(order)
        #expect(try corpus.tokensOfPhases() == [[0, 160], [40, 120], [96, 32]])
        let plan = try corpus.plan(seed: 1, epoch: 0)
        // No window is of two phases.
        let phases = (0..<plan.windowCount).map { plan.phase(ofWindow: $0) }
        #expect(phases == [Int](repeating: 0, count: 5) + [Int](repeating: 1, count: 5) + [2, 2, 2, 2])
        var tokens = [[0, 0], [0, 0], [0, 0]]
        var seen: [CorpusSegment] = []
        for (index, phase) in phases.enumerated() {
            for segment in plan.window(index) { tokens[phase][segment.source] += segment.tokenCount }
            seen += plan.window(index)
        }
        #expect(tokens == [[0, 160], [40, 120], [96, 32]])
        // A source goes on where the phase before left it: nothing comes twice.
        #expect(Set(seen.map { [$0.source, $0.tokenOffset] }).count == seen.count)
        if order == .files {
            for source in 0..<2 {
                let offsets = seen.filter { $0.source == source }.map(\.tokenOffset)
                #expect(offsets == (0..<offsets.count).map { 8 * $0 })
            }
        }
    }

    @Test(arguments: CorpusOrder.allCases) func phasesAreResumedAtTheirCursor(_ order: CorpusOrder) throws {
        let corpus = try phased(order)
        var stream = try WindowStream(corpus, seed: 5)
        #expect(try WindowStream.stepCount(corpus, seed: 5, epochs: 1, windows: 3) == 5)
        var (steps, cursors, phases): ([[TrainingWindow]], [DataCursor], [Int?]) = ([], [], [])
        for _ in 0..<5 {
            steps.append(try stream.next(3))
            cursors.append(stream.cursor)
            phases.append(stream.phase)
        }
        #expect(phases == [1, 2, 2, 3, 3])
        for at in 0..<4 {
            var resumed = try WindowStream(corpus, seed: 5, from: cursors[at])
            #expect(try resumed.next(3) == steps[at + 1] && resumed.phase == phases[at + 1])
        }
    }

    /// 160 tokens of code are there; the phases take 136 of it, and 472 of the web's 480 where the first has 320.
    @Test func moreThanASourceHasIsRefused() throws {
        _ = try phased(first: 320).plan(seed: 1, epoch: 0)
        #expect(throws: CorpusError.phasesTooLong(source: "web", needed: 552, available: 480)) {
            try phased(first: 400).plan(seed: 1, epoch: 0)
        }
        let words = "\(CorpusError.phasesTooLong(source: "web", needed: 552, available: 480))"
        #expect(words.contains("552 tokens of the source 'web', which has 480") && words.contains("repeat: 1.15 "))
    }

    /// Segments of the web have 8 tokens: in 7 of them, or in 13 of which each source gives half, none may begin, by the seed.
    @Test(arguments: [(7, [0, 1], 8), (13, [1, 1], 16), (1, [1, 0], 8)])
    func aPhaseThatMayHaveNoSegmentIsRefused(_ tokens: Int, _ weights: [Double], _ needed: Int) throws {
        func corpus(_ tokens: Int) throws -> Corpus {
            Corpus(
                mixing: [
                    CorpusSource(name: "code", weight: 1, tokens: try self.tokens("code", [texts("c", 0..<20)])),
                    CorpusSource(name: "web", weight: 1, tokens: try self.tokens("web", [texts("w", 0..<60)])),
                ], sequenceLength: 32,
                phases: [
                    CorpusPhase(tokens: 84, weights: [1, 3]), CorpusPhase(tokens: tokens, weights: weights),
                    CorpusPhase(tokens: 100, weights: [1, 3]),
                ])
        }
        for seed in 0..<8 as Range<UInt64> {
            #expect(throws: CorpusError.phaseTooShort(phase: 2, tokens: tokens, needed: needed)) {
                try corpus(tokens).plan(seed: seed, epoch: 0)
            }
            let plan = try corpus(needed).plan(seed: seed, epoch: 0)
            #expect(Set((0..<plan.windowCount).map { plan.phase(ofWindow: $0) }) == [0, 1, 2])
        }
    }

    /// Where every source gives an epoch less than a segment, one of the epochs has none: told before the first.
    @Test func anEpochThatMayHaveNoSegmentIsRefused() throws {
        func corpus(_ repeats: Double) throws -> Corpus {
            Corpus(
                mixing: [
                    CorpusSource(
                        name: "code", weight: 1, repeats: repeats, tokens: try tokens("code", [texts("c", 0..<20)])),
                    CorpusSource(name: "web", weight: 1, tokens: try tokens("web", [texts("w", 0..<60)])),
                ], sequenceLength: 32)
        }
        #expect(throws: CorpusError.phaseTooShort(phase: nil, tokens: 8, needed: 16)) {
            try corpus(4 / 160).plan(seed: 1, epoch: 0)
        }
        for epoch in 0..<20 { #expect(try corpus(8 / 160).plan(seed: 1, epoch: epoch).windowCount > 0) }
        let words = "\(CorpusError.phaseTooShort(phase: 2, tokens: 7, needed: 8))"
        #expect(words.contains("phase 2 of the mix has 7 tokens") && words.contains("give it 8 or more"))
        #expect("\(CorpusError.phaseTooShort(phase: nil, tokens: 8, needed: 16))".contains("larger repeat"))
    }

    @Test func phasesAreOfTheFingerprint() throws {
        #expect(try phased().fingerprint == phased().fingerprint)
        #expect(try phased().fingerprint != phased(first: 168).fingerprint)
        #expect(try phased().fingerprint != phased(.files).fingerprint)
    }
}
