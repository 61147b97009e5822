import Compression
import Corpora
import Foundation
import Reinforcement
import Testing
import TestSupport
import Training

struct FilePromptsTests {
    private func read(
        _ path: String, readers: CorpusReaders = CorpusReaders(), seed: UInt64 = 0, skipsBad: Bool = false,
        fault: (PromptRecord) -> String? = { _ in nil }
    ) throws -> FilePrompts {
        _ = signal(SIGPIPE, SIG_IGN)
        return try FilePrompts(
            FilePrompts.files(at: path, readers: readers), tokenizer: "student/", seed: seed, skipsBad: skipsBad,
            fault: fault)
    }

    private static func lines(_ count: Int) -> [UInt8] {
        Array((0..<count).map { "{\"prompt\": \"q\($0)\"}\n" }.joined().utf8)
    }

    @Test func theTokensOfPromptsAreTheirIDsAndWhereEachEnds() {
        func fingerprint(_ prompts: [[Int32]]) -> String {
            var tokens = PromptTokens()
            for ids in prompts { tokens.append(ids) }
            return tokens.fingerprint
        }
        let lists: [[[Int32]]] = [[[1, 2], [3]], [[1], [2, 3]], [[3], [1, 2]], [[1, 2, 3]], []]
        #expect(Set(lists.map(fingerprint)).count == lists.count)
        #expect(fingerprint(lists[0]) == fingerprint(lists[0]))
    }

    @Test func aFileOfPromptsIsReadOnceAnEpoch() throws {
        let directory = try TemporaryDirectory()
        let prompts = try read(directory.write("prompts.jsonl", Self.lines(37)), seed: 2)
        let epochs = (0..<2).map { epoch in (0..<37).map { prompts.prompt(at: epoch * 37 + $0).text } }
        let all = (0..<37).map { "q\($0)" }.sorted()
        #expect(epochs[0].sorted() == all && epochs[1].sorted() == all && epochs[0] != epochs[1])
        // A prompt is a function of its place: an epoch is found again behind another one.
        #expect((0..<37).map { prompts.prompt(at: $0).text } == epochs[0])
    }

    /// Over 12,000 epochs each of the 120 orders of five prompts comes as often as any other, and each pair of neighbours among 16 too.
    /// Chi-square with 119 and 239 degrees of freedom is below 181 and 331 with probability 0.9998.
    @Test func everyOrderIsAsLikelyAsAnyOther() throws {
        let directory = try TemporaryDirectory()
        let epochs = 12_000
        func chiSquare(_ counts: [[String]: Int], cells: Int) -> Double {
            let expected = Double(counts.values.reduce(0, +)) / Double(cells)
            return counts.values.reduce(Double(cells - counts.count) * expected) {
                $0 + (Double($1) - expected) * (Double($1) - expected) / expected
            }
        }
        let five = try read(directory.write("five.jsonl", Self.lines(5)), seed: 41)
        var orders: [[String]: Int] = [:]
        for epoch in 0..<epochs { orders[(0..<5).map { five.prompt(at: epoch * 5 + $0).text }, default: 0] += 1 }
        #expect(chiSquare(orders, cells: 120) < 181, "\(chiSquare(orders, cells: 120))")

        let sixteen = try read(directory.write("sixteen.jsonl", Self.lines(16)), seed: 42)
        var pairs: [[String]: Int] = [:]
        for epoch in 0..<epochs {
            pairs[[7, 8].map { sixteen.prompt(at: epoch * 16 + $0).text }, default: 0] += 1
        }
        #expect(chiSquare(pairs, cells: 240) < 331, "\(chiSquare(pairs, cells: 240))")
    }

    @Test(arguments: [
        "{\"promt\": 1}", "{\"prompt\": \"\"}", "{\"prompt\": null}", "{\"prompt\": {\"a\": 1}}", "[]", "text",
        "{\"prompt\": \"long\"}",
    ])
    func aBadPromptIsRefusedOrLeftOut(_ line: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("bad.jsonl", Array("{\"prompt\": \"a\"}\n\n\(line)\n{\"prompt\": \"b\"}".utf8))
        func read(skipsBad: Bool) throws -> FilePrompts {
            try self.read(path, skipsBad: skipsBad) { $0.text == "long" ? "has 9 tokens" : nil }
        }
        #expect {
            try read(skipsBad: false)
        } throws: { error in
            guard case ReinforcementError.badPrompt(path, 3, let reason) = error else { return false }
            return line.contains("long") ? reason == "has 9 tokens" : reason.contains("expected an object")
        }
        let rest = try read(skipsBad: true)
        #expect(rest.count == 2 && rest.leftOut.map(\.line) == [3])
        let whole = try self.read(
            directory.write("good.jsonl", Array("{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}".utf8)))
        #expect(rest.fingerprint == whole.fingerprint)
        let only = try directory.write("only.jsonl", Array(line.utf8))
        #expect {
            try self.read(only, skipsBad: true) { _ in "has 9 tokens" }
        } throws: { error in
            guard case ReinforcementError.noPrompts(only, _?) = error else { return false }
            return true
        }
    }

    @Test func aByteOrderMarkIsNoText() throws {
        let directory = try TemporaryDirectory()
        let lines = "{\"prompt\": \"1+1:\"}\n{\"prompt\": \"2+2:\"}\n"
        let plain = try read(directory.write("a.jsonl", Array(lines.utf8)))
        let marked = try read(directory.write("b.jsonl", Array(("\u{FEFF}" + lines).utf8)))
        #expect(plain.fingerprint == marked.fingerprint)
        let wide = lines.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let path = try directory.write("c.jsonl", wide)
        #expect(throws: CorpusError.self) { try read(path) }
    }

    private static let rows = [
        #"{"prompt": "1 + 1 =", "answer": 2.50, "big": 12345678901234567890, "tests": [{"in": "\u00e4", "out": null}]}"#,
        #"{"prompt": "say: \"a\""}"#,
    ]

    /// As they are written: a number is not read and written again.
    @Test func whatStandsBesideAPromptGoesAlong() throws {
        let directory = try TemporaryDirectory()
        let prompts = try read(directory.write("a.jsonl", Array(Self.rows.joined(separator: "\n").utf8)))
        let found = (0..<2).map { prompts.prompt(at: $0) }.sorted { $0.row < $1.row }
        let fields = try #require(found[0].fields)
        #expect(
            String(decoding: fields, as: UTF8.self)
                == #"{"answer":2.50,"big":12345678901234567890,"tests":[{"in": "\u00e4", "out": null}]}"#)
        #expect(
            found[1]
                == {
                    var bare = PromptRecord(text: "say: \"a\""); bare.row = 2; return bare
                }())
        // The judge is told of them, so another answer is another list of prompts; without any it is that of the texts.
        let other = Self.rows.joined(separator: "\n").replacing("2.50", with: "2.51")
        #expect(try read(directory.write("b.jsonl", Array(other.utf8))).fingerprint != prompts.fingerprint)
    }

    @Test func compressedFilesFoldersAndPatternsAreRead() throws {
        let directory = try TemporaryDirectory()
        let plain = try directory.write("all.jsonl", Self.lines(4))
        let whole = try read(plain)
        for format in CompressionFormat.allCases {
            let packed = try directory.write("packed" + format.fileExtension, format.compress(Self.lines(4)))
            #expect(try read(packed).fingerprint == whole.fingerprint)
        }
        try directory.write("folder/b/2.ndjson", Array("{\"prompt\": \"q2\"}\n{\"prompt\": \"q3\"}\n".utf8))
        try directory.write("folder/a.jsonl", Array("{\"prompt\": \"q0\"}\n\n{\"prompt\": \"q1\"}\n".utf8))
        try directory.write("folder/.hidden.jsonl", Array("{}".utf8))
        #expect(try read(directory.file("folder")).fingerprint == whole.fingerprint)
        #expect(try read(directory.file("fold*")).fingerprint == whole.fingerprint)
        // A file that is named holds lines of JSON, whatever its name.
        #expect(try read(directory.write("prompts.txt", Self.lines(4))).fingerprint == whole.fingerprint)
        #expect(try read(directory.write("prompts", Self.lines(4))).fingerprint == whole.fingerprint)
        try directory.write("folder/c.txt", Array("text".utf8))
        #expect {
            try read(directory.file("folder"))
        } throws: { "\($0)".contains("c.txt cannot be read: it holds no prompts: expected lines of JSON") }
        #expect(throws: CorpusError.notFound(path: directory.file("none"))) { try read(directory.file("none")) }
    }

    /// A file in a folder is named where a line of it is bad.
    @Test func theFileOfABadLineIsNamed() throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.jsonl", Self.lines(2))
        let bad = try directory.write("b.jsonl", Array("{\"prompt\": \"a\"}\n{\"prompt\": 1}\n".utf8))
        #expect {
            try read(directory.path)
        } throws: { error in
            guard case ReinforcementError.badPrompt(bad, 2, _) = error else { return false }
            return true
        }
        let rest = try read(directory.path, skipsBad: true)
        #expect(rest.count == 3 && rest.leftOut.map(\.file) == [bad] && rest.leftOut.map(\.line) == [2])
    }

    @Test(arguments: ["\"prompt\": [{\"role\": \"user\"}]", "\"messages\": []", "\"prompt\": null, \"messages\": [1]"])
    func conversationsAreAProgramsWork(_ fields: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.json", Array("{\(fields)}".utf8))
        #expect {
            try read(path)
        } throws: { "\($0)".contains("--reader 'json=python3 -m remit.read'") }
    }

    private func program(_ directory: TemporaryDirectory, _ answer: String) throws -> String {
        let said = try directory.write("answer", Array(answer.utf8))
        return
            "while IFS= read -r line; do printf '%s\\n' \"$line\" >>'\(directory.file("asked"))'; cat '\(said)'; done"
    }

    @Test func aProgramGivesPromptsWithTheirIDs() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.parquet", [1])
        let answer = """
            {"prompt":"<user>1 + 1<end>","ids":[5,9,2],"fields":{"answer":2}}
            {"bad":{"row":2,"reason":"the chat template refuses it"}}
            {"prompt":"b"}
            {"end":3}

            """
        let readers = CorpusReaders(given: ["parquet": try program(directory, answer)])
        try await onThread {
            let prompts = try read(path, readers: readers, skipsBad: true)
            let found = (0..<2).map { prompts.prompt(at: $0) }.sorted { $0.row < $1.row }
            #expect(found.map(\.text) == ["<user>1 + 1<end>", "b"] && found.map(\.tokenIDs) == [[5, 9, 2], nil])
            #expect(found.map(\.fields) == [Array(#"{"answer":2}"#.utf8), nil])
            #expect(prompts.leftOut.map(\.reason) == ["cannot be made: the chat template refuses it"])
            #expect(prompts.leftOut.map(\.line) == [2])
            let asked = try String(contentsOfFile: directory.file("asked"), encoding: .utf8)
            #expect(asked == "{\"prompts\":\"\(path)\",\"tokenizer\":\"student/\"}\n")
        }
    }

    @Test(arguments: [
        ("{\"prompt\":\"\"}\n", "said what is no answer, as line 1"),
        ("{\"ids\":[1]}\n", "said what is no answer, as line 1"),
        ("{\"prompt\":\"a\",\"ids\":[]}\n", "said what is no answer"),
        ("{\"prompt\":\"a\",\"fields\":1}\n", "fields: expected an object"),
        ("{\"prompt\":\"a\"}\n{\"end\":2}\n", "gave 1 lines, and says that it gave 2"),
        ("{\"key\":\"a\"}\n", "gave a key"),
    ])
    func whatIsNoAnswerStopsTheReading(_ answer: String, _ reason: String) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.parquet", [1])
        let readers = CorpusReaders(given: ["parquet": try program(directory, answer)])
        try await onThread {
            _ = #expect {
                try read(path, readers: readers, skipsBad: true)
            } throws: { "\($0)".contains(reason) }
        }
    }
}
