import Corpora
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Programs that read corpora: what they answer, and how they fail. They are shell scripts; each writes down what it is asked.
@Suite(.serialized) struct ReaderProgramTests {
    private struct Stop: Error {}

    private let directory: TemporaryDirectory
    private let cache: TokenCache

    init() throws {
        directory = try TemporaryDirectory()
        cache = TokenCache(directory: directory.file("cache"))
    }

    /// A program that says `answer` to each request to read, and `key` to each for a key.
    private func program(_ answer: String, key: String = "1", then: String = ":") throws -> String {
        let said = try directory.write("answer", Array(answer.utf8))
        let asked = directory.file("asked")
        return """
            echo start >>'\(asked)'
            while IFS= read -r line; do
              printf '%s\\n' "$line" >>'\(asked)'
              case $line in
                '{"key":'*) echo '{"key": "\(key)"}' ;;
                *) cat '\(said)'; \(then) ;;
              esac
            done
            """
    }

    private var asked: [String] {
        let text = (try? String(contentsOfFile: directory.file("asked"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private func read(
        _ paths: [String], _ program: String, kind: String = "parquet", text: String? = nil, skipBadLines: Bool = false,
        onProgress: @escaping @Sendable () throws -> Void = {}
    ) async throws -> TokenFile {
        let (cache, tokenizer) = (cache, directory.path)
        return try await onThread {
            _ = signal(SIGPIPE, SIG_IGN)
            let readers = CorpusReaders(given: [kind: program])
            let encoder = DocumentEncoder(
                tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]),
                directory: tokenizer)
            return try cache.tokenFile(
                CorpusFiles(paths, readers: readers), fields: RecordFields(text: text, readers: readers),
                encoder: encoder, skipBadLines: skipBadLines
            ) { _ in try onProgress() }
        }
    }

    private func documents(_ tokens: TokenFile) throws -> [[Int32]] {
        try (0..<tokens.documentCount).map { index in
            var ids: [Int32] = []
            let entry = tokens.entry(index)
            try tokens.appendTokens(from: entry.tokenOffset, count: entry.tokenCount, to: &ids)
            return ids
        }
    }

    @Test func itsDocumentsAreTokenizedInTheirOrder() async throws {
        let path = try directory.write("a.parquet", [1])
        let answer = """
            {"text":"a\\"b","id":"one","domain":"web"}
            {"ids":[5,9],"id":"two"}
            {"prompt":"1","completion":"2"}
            {"text":""}
            {"ids":[7,257]}
            {"end":5}

            """
        let tokens = try await read([path], program(answer), text: "raw.content")
        #expect(try documents(tokens) == [[97, 34, 98, 257], [5, 9, 257], [49, 50, 257], [7, 257]])
        #expect(try (0..<4).map { try tokens.id($0) } == ["one", "two", nil, nil])
        #expect(tokens.domain(0) == "web" && tokens.entry(2).contextTokens == 1)
        #expect(tokens.summary.skipped.emptyDocuments == 1)
        #expect(
            asked == [
                "start",
                #"{"read":"\#(path)","text_field":"raw.content","tokenizer":"\#(directory.path)"}"#,
            ])
    }

    /// One process for all files; nothing is asked where the cache has the documents already.
    @Test func itIsStartedOnceAndNotForWhatIsKept() async throws {
        let paths = try ["a.parquet", "b.parquet"].map { try directory.write($0, Array($0.utf8)) }
        let program = try program("{\"text\":\"a\"}\n{\"end\":1}\n")
        #expect(try await read(paths, program).documentCount == 2)
        #expect(asked.count == 3 && asked.count { $0 == "start" } == 1)
        #expect(try await read(paths, program).documentCount == 2)
        #expect(asked.count == 3)
        // Another command line may read otherwise, other bytes are other documents.
        #expect(try await read(paths, program + "\n").documentCount == 2)
        try directory.write("a.parquet", [2])
        #expect(try await read(paths, program).documentCount == 2)
        #expect(asked.count == 9)
    }

    @Test func whatIsFarAwayIsKnownByTheKeyThatTheProgramTells() async throws {
        let answer = "{\"text\":\"a\"}\n{\"end\":1}\n"
        let path = "s3://bucket/a.parquet"
        for (key, requests) in [("one", 4), ("one", 2), ("two", 4)] {
            try? FileManager.default.removeItem(atPath: directory.file("asked"))
            // The key is no part of the command line here: that alone would make another file of it.
            try directory.write("key", Array("{\"key\": \"\(key)\"}\n".utf8))
            let program = try program(answer).replacing(
                #"echo '{"key": "1"}'"#, with: "cat '\(directory.file("key"))'")
            #expect(try await read([path], program, kind: "s3").documentCount == 1)
            #expect(asked.count == requests && asked[1] == #"{"key":"\#(path)"}"#, "\(key)")
        }
    }

    @Test func whatChangesWhileItIsReadIsNotKept() async throws {
        let path = "https://example.org/a.parquet"
        let program = """
            n=0
            while IFS= read -r line; do
              case $line in
                '{"key":'*) n=$((n + 1)); echo "{\\"key\\": \\"$n\\"}" ;;
                *) echo '{"end": 0}' ;;
              esac
            done
            """
        await #expect(throws: CorpusError.changedWhileRead(path: path)) {
            try await read([path], program, kind: "https")
        }
        let local = try directory.write("a.parquet", [1])
        let changing = try self.program("{\"text\":\"a\"}\n", then: "echo x >>'\(local)'; echo '{\"end\": 1}'")
        await #expect(throws: CorpusError.changedWhileRead(path: local)) { try await read([local], changing) }
        #expect(try CacheFiles.names(directory.file("cache")).isEmpty)
    }

    /// Every way in which an answer can be none; nothing is kept.
    @Test(arguments: [
        ("{\"text\":\"a\"}\n", "exit 3", "ended with status 3 before it had answered"),
        ("{\"text\":\"a\"}\n", "exit 0", "ended with status 0 before it had answered"),
        ("{\"text\":\"a\"", "exit 0", "ended with status 0 in the middle of a line before it had answered"),
        ("", "kill -9 $$", "ended with signal 9 before it had answered"),
        ("{\"text\":\"a\"}\n{\"end\":2}\n", ":", "gave 1 lines, and says that it gave 2"),
        ("text\n", ":", "said what is no answer, as line 1: \"text\": "),
        ("{\"end\":-1.5}\n", ":", "said what is no answer, as line 1: "),
        ("{\"key\":\"a\"}\n", ":", "gave a key, and was asked for documents"),
    ])
    func itsFailuresAreTold(_ answer: String, _ then: String, _ reason: String) async throws {
        let path = try directory.write("a.parquet", [1])
        let program = try program(answer, then: then)
        do {
            _ = try await read([path], program)
            Issue.record("it was taken")
        } catch CorpusError.readerFailed(let failed, let command, let got) {
            #expect(failed == path && command == program && got.hasPrefix(reason), "\(got)")
        }
        #expect(try CacheFiles.names(directory.file("cache")).isEmpty)
    }

    @Test func aBadLineIsToldBeforeTheFailureBehindIt() async throws {
        let path = try directory.write("a.parquet", [1])
        let program = try program("{\"text\":\"a\"}\n{\"ids\":[258]}\n", then: "exit 3")
        let reason = "the id 258 at position 0 is not in the tokenizer's vocabulary of 258"
        await #expect(throws: CorpusError.badLine(file: path, line: 2, reason: reason)) {
            try await read([path], program)
        }
    }

    @Test func whatItSaysUnaskedIsNoAnswerToTheNextRequest() async throws {
        let paths = try ["a.parquet", "b.parquet"].map { try directory.write($0, Array($0.utf8)) }
        let program = try program("{\"end\":0}\n{\"text\":\"of nobody\"}\n{\"end\":1}\n")
        await #expect(throws: CorpusError.self) { try await read(paths, program) }
    }

    @Test func aProgramThatIsNotThereIsNamed() async throws {
        let path = try directory.write("a.parquet", [1])
        let error = await #expect(throws: CorpusError.self) { try await read([path], "/nowhere/reader 2>/dev/null") }
        #expect(error?.description.contains("'/nowhere/reader 2>/dev/null'") == true)
        #expect(error?.description.contains("status 127") == true)
        let standard = CorpusError.readerFailed(
            path: path, program: CorpusReaders.standardProgram, reason: "ended with status 1 before it had answered")
        #expect(standard.description.contains("pip install"))
    }

    /// A run that is stopped does not wait for a program that says nothing.
    @Test func aSilentProgramIsLeftWhenTheRunIsStopped() async throws {
        let path = try directory.write("a.parquet", [1])
        let pid = directory.file("pid")
        let program = "echo $$ >'\(pid)'; read -r line; exec sleep 600"
        await #expect(throws: Stop.self) {
            try await read([path], program) {
                if FileManager.default.fileExists(atPath: pid) { throw Stop() }
            }
        }
        let text = try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let process = try #require(Int32(text))
        #expect(kill(process, 0) != 0)
    }

    @Test func aRowThatIsNoDocumentIsAnErrorOrLeftOut() async throws {
        let path = try directory.write("a.parquet", [1])
        let answer = """
            {"bad":{"row":7,"reason":"it is null"}}
            {"text":3}
            {"ids":[1,2],"mask":[1]}
            {"ids":[1,258]}
            {"ids":[1,-1]}
            {"ids":[1],"domain":""}
            {"text":"a","domain":""}
            {"text":"good"}
            {"end":8}

            """
        let program = try program(answer)
        await #expect(throws: CorpusError.badLine(file: path, line: 7, reason: "it is null")) {
            try await read([path], program)
        }
        let tokens = try await read([path], program, skipBadLines: true)
        #expect(tokens.documentCount == 1 && tokens.summary.skipped.badLines == 7)
        #expect(tokens.summary.skipped.firstBadLine == "\(path):7: it is null")
    }

    /// Without ids nothing says which tokens a mask is about: scored whole, the text would be another document than was meant.
    @Test(arguments: [#""text":"abc""#, #""prompt":"a","completion":"bc""#])
    func aMaskWithoutIdsIsABadLine(_ document: String) async throws {
        let path = try directory.write("a.parquet", [1])
        let program = try program("{\"text\":\"a\"}\n{\(document),\"mask\":[0,1,1]}\n{\"end\":2}\n")
        await #expect(
            throws: CorpusError.badLine(
                file: path, line: 2, reason: "a mask needs ids beside it: it says which of them are scored")
        ) {
            try await read([path], program)
        }
    }

    /// A conversation: the user's tokens are context wherever they stand, and the end is scored as what comes before it.
    @Test func onlyWhatTheMaskNamesIsScored() async throws {
        let path = try directory.write("a.parquet", [1])
        let answer = """
            {"ids":[10,11,12,13,14,15],"mask":[0,1,0,0,1,1]}
            {"ids":[20,21,22,23,24],"mask":[1,1,0,0,0]}
            {"ids":[30,31,32],"mask":[0,0,1]}
            {"ids":[40,41]}
            {"ids":[50,51],"mask":[0,0]}
            {"end":5}

            """
        let tokens = try await read([path], program(answer))
        #expect(tokens.summary.scoredTokens == 4 + 1 + 2 + 2)
        #expect((0..<5).map { tokens.entry($0).contextTokens } == [1, 0, 2, 0, 3])
        let corpus = Corpus(tokens, sequenceLength: 4)
        let plan = try corpus.plan(seed: 1, epoch: 0)
        var scored: Set<[Int32]> = []
        for index in 0..<plan.windowCount {
            let window = try corpus.window(plan.window(index))
            for (piece, span) in window.segments.enumerated() {
                let ids = span.filter { window.scored[$0] }.map { window.tokenIDs[$0] }
                #expect(ids.count == plan.window(index)[piece].scoredTokens && !ids.isEmpty)
                scored.insert(ids)
            }
        }
        // The second half of the second document is context alone, the fifth document all of it: neither is a segment.
        #expect(scored == [[11], [15, 257], [21], [32, 257], [41, 257]])
        #expect(Set(corpus.segments.map(\.scoredTokens)) == [1, 2])
    }

    @Test func masksTellDocumentsApart() async throws {
        let path = try directory.write("a.parquet", [1])
        var fingerprints: Set<String> = []
        for (number, mask) in ["[0,1,0,1]", "[0,1,1,0]", "[0,1,1,1]"].enumerated() {
            let program = try program("{\"ids\":[1,2,3,4],\"mask\":\(mask)}\n{\"end\":1}\n")
            let tokens = try await read([path], program + String(repeating: "\n", count: number))
            fingerprints.insert(tokens.summary.corpusFingerprint)
        }
        #expect(fingerprints.count == 3)
    }
}
