import Compression
import Corpora
import Foundation
import Sequences
import System
import TestSupport
import Testing
import Tokenizers

struct CorpusTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func corpus(
        _ files: [(String, [String])], sequenceLength: Int = 16, cache: String = "cache", addsStart: Bool = false
    ) throws -> Corpus {
        let paths = try files.map { name, lines in
            try directory.write(name, Array(lines.map { #"{"text": "\#($0)"}"# }.joined(separator: "\n").utf8))
        }
        return try corpus(paths: paths, sequenceLength: sequenceLength, cache: cache, addsStart: addsStart)
    }

    private func corpus(
        paths: [String], sequenceLength: Int = 16, cache: String = "cache", addsStart: Bool = false
    ) throws -> Corpus {
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(addsStart: addsStart), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        let tokens = try TokenCache(directory: directory.file(cache)).tokenFile(CorpusFiles(paths), encoder: encoder)
        return Corpus(tokens, sequenceLength: sequenceLength)
    }

    private func windows(_ corpus: Corpus, seed: UInt64, epoch: Int = 0) throws -> [TrainingWindow] {
        let plan = try corpus.plan(seed: seed, epoch: epoch)
        return try (0..<plan.windowCount).map { try corpus.window(plan.window($0)) }
    }

    /// The ids of every segment, as a sorted list.
    private func segments(_ windows: [TrainingWindow]) -> [[Int32]] {
        windows.flatMap { window in
            window.segments.map { Array(window.tokenIDs[$0]) }
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func ids(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }

    private let words = (0..<40).map { "document \($0)" + String(repeating: "x", count: $0 % 7) }

    @Test func aDocumentIsItsEncodingAndTheEnd() throws {
        let corpus = try corpus([("a.jsonl", ["ab", "cde"])])
        let windows = try windows(corpus, seed: 1)
        #expect(segments(windows) == [ids("ab") + [257], ids("cde") + [257]])
        #expect(windows.reduce(0) { $0 + $1.scoredTokens } == 2 + 3)
        #expect(corpus.sources[0].tokens.summary.scoredTokens == 5)
    }

    @Test func theEndIsNotAddedTwice() throws {
        let corpus = try corpus([("a.jsonl", ["ab</s>"])])
        #expect(segments(try windows(corpus, seed: 1)) == [ids("ab") + [257]])
    }

    @Test func thePostProcessorsStartBelongsToTheDocument() throws {
        let corpus = try corpus([("a.jsonl", ["ab"])], addsStart: true)
        let window = try windows(corpus, seed: 1)[0]
        #expect(window.tokenIDs == [256] + ids("ab") + [257])
        #expect(window.scored == [false, true, true, true])
    }

    @Test func longDocumentsAreCutAtMultiplesFromTheirOwnStart() throws {
        let corpus = try corpus([("a.jsonl", ["0123456789"])], sequenceLength: 4)
        #expect(segments(try windows(corpus, seed: 1)) == [ids("0123"), ids("4567"), ids("89") + [257]])
    }

    /// A last piece of one token has nothing to score: it is left out, not computed.
    @Test func piecesWithoutAScoredTokenAreLeftOut() throws {
        let corpus = try corpus([("a.jsonl", ["01234567"])], sequenceLength: 4)
        #expect(segments(try windows(corpus, seed: 1)) == [ids("0123"), ids("4567")])
    }

    @Test func thePromptIsContext() throws {
        let path = try directory.write("p.jsonl", Array(#"{"prompt": "abc", "completion": "de"}"#.utf8))
        let window = try windows(corpus(paths: [path]), seed: 1)[0]
        #expect(window.tokenIDs == ids("abcde") + [257])
        #expect(window.scored == [false, false, false, true, true, true])
        let pieces = try windows(corpus(paths: [path], sequenceLength: 2), seed: 1)
        #expect(pieces.map(\.tokenIDs).sorted { $0[0] < $1[0] } == [ids("cd"), ids("e") + [257]])
    }

    /// The blank of the token of line break and blank is the completion's, though a trimmed span ends with the prompt.
    @Test func aTokenOfPromptAndCompletionIsScoredWhateverItsSpanLeavesOut() throws {
        let path = try directory.write("p.jsonl", Array(#"{"prompt": "a:\n", "completion": "  b"}"#.utf8))
        let cache = TokenCache(directory: directory.file("cache"))
        let files = try [true, false].map { trims in
            let encoder = DocumentEncoder(
                tokenizer: try ByteTokenizer.make(joining: 0x0A, 0x20, trimsOffsets: trims),
                endOfSequence: EndOfSequence([ByteTokenizer.end]))
            return try cache.tokenFile(CorpusFiles([path]), encoder: encoder)
        }
        for file in files {
            let corpus = Corpus(file, sequenceLength: 16)
            let window = try windows(corpus, seed: 1)[0]
            #expect(window.tokenIDs == ids("a:") + [258] + ids(" b") + [257])
            #expect(file.entry(0).contextTokens == 2)
            #expect(window.scored == [false, false, true, true, true, true])
        }
    }

    @Test func everySegmentOnceAnEpoch() throws {
        let corpus = try corpus([("a.jsonl", words)])
        let first = try windows(corpus, seed: 1)
        #expect(segments(first) == segments(try windows(corpus, seed: 2)))
        #expect(segments(first) == segments(try windows(corpus, seed: 1, epoch: 1)))
        #expect(first == (try windows(corpus, seed: 1)))
        #expect(first != (try windows(corpus, seed: 2)))
        #expect(first != (try windows(corpus, seed: 1, epoch: 1)))
        #expect(first.allSatisfy { $0.tokenCount <= 16 })
    }

    @Test func theOrderDoesNotDependOnTheSplitIntoFiles() throws {
        let doubled = words + words.prefix(5)
        let whole = try corpus([("a.jsonl", doubled)])
        let split = try corpus([("c.jsonl", Array(doubled[20...])), ("b.jsonl", Array(doubled[..<20]))])
        #expect(whole.fingerprint == split.fingerprint)
        #expect(try windows(whole, seed: 7) == windows(split, seed: 7))
        let other = try corpus([("d.jsonl", Array(doubled.dropLast()))])
        #expect(whole.fingerprint != other.fingerprint)
    }

    @Test func tokenizingHappensOnce() throws {
        let paths = [try directory.write("a.jsonl", Array(#"{"text": "abc"}"#.utf8))]
        let first = try corpus(paths: paths)
        let again = try corpus(paths: paths)
        #expect(first.sources[0].tokens.path == again.sources[0].tokens.path)
        try directory.write("a.jsonl", Array(#"{"text": "abd"}"#.utf8))
        #expect(try corpus(paths: paths).sources[0].tokens.path != first.sources[0].tokens.path)
    }

    @Test func emptyDocumentsAreCounted() throws {
        let corpus = try corpus([("a.jsonl", ["", "ab", ""])])
        #expect(corpus.sources[0].tokens.summary.skipped.emptyDocuments == 2)
        #expect(corpus.sources[0].tokens.summary.documents == 1)
    }

    @Test func emptyFilesAreSaid() throws {
        let paths = try [("a.jsonl", #"{"text": "ab"}"#), ("b.jsonl", ""), ("c.jsonl", "\n\n"), ("d.npy", "")].map {
            try directory.write($0, Array($1.utf8))
        }
        let summary = try corpus(paths: paths).sources[0].tokens.summary
        #expect(summary.skipped.emptyFiles == 3 && summary.skipped.firstEmptyFile == paths[1])
        #expect(summary.lines { "\(Int($0))" }[1] == "3 of the files are empty: \(paths[1])")
    }

    @Test func copiesOfAFileAreSaid() throws {
        let paths = try ["a.jsonl", "b.jsonl", "c.jsonl"].map {
            try directory.write($0, Array(#"{"text": "\#($0 == "b.jsonl" ? "cd" : "ab")"}"#.utf8))
        }
        let summary = try corpus(paths: paths).sources[0].tokens.summary
        #expect(summary.documents == 3 && summary.skipped.copies == 1 && summary.skipped.firstCopy == paths[2])
        #expect(
            summary.lines { "\(Int($0))" }[1]
                == "1 of the files has the bytes of another, whose documents come again: \(paths[2])")
    }

    @Test func aCorpusWithoutAScoredTokenIsRefused() throws {
        let corpus = try corpus([("a.jsonl", [""])])
        #expect(throws: CorpusError.nothingToScore(paths: [corpus.sources[0].tokens.path])) {
            try corpus.plan(seed: 0, epoch: 0)
        }
    }

    @Test func invalidUTF8IsRefusedWithItsPlace() throws {
        let path = try directory.write("a.jsonl", Array(#"{"text": "a"#.utf8) + [0xFF] + Array("\"}".utf8))
        #expect {
            try corpus(paths: [path])
        } throws: { error in
            guard case CorpusError.badLine(path, 1, _) = error else { return false }
            return true
        }
        // Nothing half-made stays behind.
        #expect(try CacheFiles.names(directory.file("cache")).isEmpty)
    }

    @Test func badLinesAreSkippedAndCountedOnRequest() throws {
        let lines = [#"{"text": "abc"}"#, #"{"text": 5}"#, #"{"text": "de"}"#, "{"]
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: "\n").utf8))
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        let cache = TokenCache(directory: directory.file("cache"))
        let tokens = try cache.tokenFile(CorpusFiles([path]), encoder: encoder, skipBadLines: true)
        #expect(tokens.summary.documents == 2)
        #expect(tokens.summary.skipped.badLines == 2)
        #expect(
            tokens.summary.skipped.firstBadLine == path + #":2: the field "text" must be a string, it is number"#)
        #expect {
            try cache.tokenFile(CorpusFiles([path]), encoder: encoder)
        } throws: { error in
            guard case CorpusError.badLine(path, 2, _) = error else { return false }
            return true
        }
    }

    /// One that the tokenizer refuses is found when it is encoded, one that is no JSON when it is read.
    @Test func theFirstBadLineIsTheFirstOfTheFile() throws {
        var lines = (1...60).map { Array(#"{"text": "line \#($0)"}"#.utf8) }
        lines[20] = Array(#"{"text": "a"#.utf8) + [0xFF] + Array("\"}".utf8)
        lines[41] = Array("{".utf8)
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: [0x0A])))
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        let cache = TokenCache(directory: directory.file("cache"))
        #expect {
            try cache.tokenFile(CorpusFiles([path]), encoder: encoder)
        } throws: { error in
            guard case CorpusError.badLine(path, 21, _) = error else { return false }
            return true
        }
        let skipped = try cache.tokenFile(CorpusFiles([path]), encoder: encoder, skipBadLines: true).summary.skipped
        #expect(skipped.badLines == 2 && skipped.firstBadLine?.hasPrefix(path + ":21: ") == true)
    }

    @Test(arguments: CompressionFormat.allCases)
    func compressedFilesHaveTheSameDocuments(_ format: CompressionFormat) throws {
        let text = words.map { #"{"text": "\#($0)"}"# }.joined(separator: "\n")
        let plain = try directory.write("a.jsonl", Array(text.utf8))
        let packed = try directory.write("b.jsonl" + format.fileExtension, format.compress(Array(text.utf8)))
        #expect(try corpus(paths: [plain]).fingerprint == corpus(paths: [packed]).fingerprint)
        let cut = try directory.write("c.jsonl" + format.fileExtension, format.compress(Array(text.utf8)).dropLast(5))
        #expect {
            try corpus(paths: [cut])
        } throws: { error in
            guard case CorpusError.unreadable(cut, _) = error else { return false }
            return true
        }
    }

    @Test func whatAKilledProcessLeftIsRemoved() throws {
        try CacheFiles.makeDirectory(directory.file("cache/0.partial-\(ProcessPlace.current).2147483647.1"))
        try CacheFiles.makeDirectory(directory.file("cache/0.partial-\(ProcessPlace.current).\(getpid()).1"))
        _ = try corpus([("a.jsonl", ["abc"])])
        let left = try CacheFiles.names(directory.file("cache")).filter { $0.contains(".partial-") }
        #expect(left == ["0.partial-\(ProcessPlace.current).\(getpid()).1"], "a live one's stays")
    }

    /// Numbers of processes mean nothing here where they are another machine's or container's, even one with the same host name.
    @Test func whatAProcessElsewhereWritesStaysUntilItHasBeenQuietForADay() throws {
        let owners = ["otherhost.999999.1", "\(HostName.current).2147483647.1", "2147483647"]
        let day = 86_400.0
        for (owner, age) in owners.flatMap({ owner in [("\(owner)", 0), ("\(owner)", day + 60)] }) {
            let path = directory.file("cache/\(age > 0 ? "old" : "new").partial-\(owner)")
            try CacheFiles.makeDirectory(path)
            let file = try directory.write("cache/\(age > 0 ? "old" : "new").partial-\(owner)/tokens.i32", [0])
            for written in [file, path] {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: written)
            }
        }
        // Only the folder is old: what is in it is being written to.
        let path = directory.file("cache/busy.partial-otherhost.999999.1")
        try directory.write("cache/busy.partial-otherhost.999999.1/tokens.i32", [0])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -2 * day)], ofItemAtPath: path)
        _ = try corpus([("a.jsonl", ["abc"])])
        let left = try CacheFiles.names(directory.file("cache")).filter { $0.contains(".partial-") }
        #expect(Set(left) == Set(owners.map { "new.partial-" + $0 } + ["busy.partial-otherhost.999999.1"]))
    }

    @Test func aDamagedCacheIsRefused() throws {
        let corpus = try corpus([("a.jsonl", ["abc"])])
        let path = corpus.sources[0].tokens.path
        try CacheFiles.truncate(path + "/tokens.i32")
        #expect(throws: CorpusError.damagedCache(path: path, reason: "tokens.i32 has the wrong size")) {
            try TokenFile(path)
        }
    }

    @Test func idsAndDomainsAreCarried() throws {
        let lines = [
            #"{"text": "ab", "id": "first", "domain": "math"}"#, #"{"text": "cd"}"#,
            #"{"text": "ef", "id": "Zürich", "domain": "code"}"#, #"{"text": "gh", "domain": "math"}"#,
        ]
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: "\n").utf8))
        let corpus = try corpus(paths: [path])
        let tokens = corpus.sources[0].tokens
        #expect(try (0..<4).map(tokens.id) == ["first", nil, "Zürich", nil])
        #expect((0..<4).map(tokens.domain) == ["math", nil, "code", "math"])
        #expect(corpus.domains == ["", "code", "math"])
        let pieces = try windows(corpus, seed: 1).flatMap { window in
            window.pieces.indices.map { (window.tokenIDs[window.pieces[$0].start], window.pieces[$0].domain) }
        }
        #expect(Dictionary(uniqueKeysWithValues: pieces) == [97: 2, 99: 0, 101: 1, 103: 2])
        // Where nobody has a name, nothing is kept.
        let plain = try self.corpus([("b.jsonl", ["ab"])])
        #expect(try plain.sources[0].tokens.id(0) == nil && plain.domains == [""])
        #expect(
            try CacheFiles.names(plain.sources[0].tokens.path).sorted() == [
                "blocks.sha256", "corpus.json", "documents.bin", "tokens.i32",
            ])
    }

    @Test func documentsOfTwoCorporaAreToldByTheirIds() throws {
        let training = try corpus([("a.jsonl", ["ab", "cd", "cd", "ef"])])
        let heldOut = try corpus([("b.jsonl", ["cd", "gh", "cd", "ab"])])
        #expect(heldOut.documents(alsoIn: training) == 3)
        #expect(try corpus([("c.jsonl", ["ij"])]).documents(alsoIn: training) == 0)
    }

    @Test func domainsInUseAreThoseOfDocuments() throws {
        let lines = [#"{"text": "ab", "domain": "math"}"#, #"{"text": "cd"}"#, #"{"text": "ef", "domain": null}"#]
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: "\n").utf8))
        let corpus = try corpus(paths: [path])
        #expect(corpus.domainsInUse == ["math"] && corpus.documentsWithoutDomain == 2)
        let tokens = corpus.sources[0].tokens
        let whole = try self.corpus(paths: [try directory.write("b.jsonl", Array(lines[0].utf8))]).sources[0].tokens
        let mix = Corpus(
            mixing: [
                CorpusSource(name: "web", weight: 1, tokens: tokens),
                CorpusSource(name: "sums", weight: 1, tokens: whole),
            ], sequenceLength: 16)
        // Every document of the other source names its own.
        #expect(mix.domainsInUse == ["math", "web"] && mix.documentsWithoutDomain == 0)
    }

    /// Whose domain is which is told, not in which order.
    @Test func theDomainsHaveAFingerprint() throws {
        func corpus(_ name: String, _ records: [(String, String)]) throws -> Corpus {
            let lines = records.map { #"{"text": "\#($0)", "domain": "\#($1)"}"# }
            return try self.corpus(
                paths: [try directory.write(name, Array(lines.joined(separator: "\n").utf8))])
        }
        let first = try corpus("a.jsonl", [("ab", "math"), ("cd", "code"), ("ef", "code")])
        let turned = try corpus("b.jsonl", [("ef", "code"), ("ab", "math"), ("cd", "code")])
        let swapped = try corpus("c.jsonl", [("ab", "code"), ("cd", "math"), ("ef", "code")])
        for other in [turned, swapped] { #expect(other.fingerprint == first.fingerprint) }
        #expect(turned.domainFingerprint == first.domainFingerprint)
        #expect(swapped.domainFingerprint != first.domainFingerprint)
    }

    /// A field of host names, say.
    @Test func domainsBeyondABoundAreOne() throws {
        let count = TokenFileWriter.maxDomains + 5
        let lines = (0..<count).map { #"{"text": "ab", "domain": "host\#($0)"}"# }
        let path = try directory.write("a.jsonl", Array(lines.joined(separator: "\n").utf8))
        let tokens = try corpus(paths: [path]).sources[0].tokens
        #expect(tokens.summary.domains.count == TokenFileWriter.maxDomains + 1)
        #expect(tokens.domain(0) == "host0" && tokens.domain(count - 1) == TokenFileWriter.otherDomains)
    }

    @Test func aStreamContinuesFromItsCursor() throws {
        let corpus = try corpus([("a.jsonl", words)])
        let count = try WindowStream.stepCount(corpus, seed: 5, epochs: 2, windows: 3)
        var stream = try WindowStream(corpus, seed: 5)
        var steps: [[TrainingWindow]] = []
        var cursors: [DataCursor] = []
        for _ in 0..<count {
            steps.append(try stream.next(3))
            cursors.append(stream.cursor)
        }
        #expect(cursors.last?.epoch == 1)
        for at in [0, count / 2, count - 2] {
            var resumed = try WindowStream(corpus, seed: 5, from: cursors[at])
            #expect(try resumed.next(3) == steps[at + 1])
        }
    }

    @Test func aStepNeverCrossesAnEpoch() throws {
        let corpus = try corpus([("a.jsonl", words)])
        var stream = try WindowStream(corpus, seed: 5)
        let epoch = try stream.next(1000)
        #expect(epoch == (try windows(corpus, seed: 5)))
        #expect(segments(try stream.next(1000)) == segments(epoch))
        #expect(stream.cursor.epoch == 1)
    }
}
