import Corpora
import Foundation
import Reinforcement
import Testing
import TestSupport
import Training

struct FilePromptsTests {
    private static func lines(_ count: Int) -> [UInt8] {
        Array((0..<count).map { "{\"prompt\": \"q\($0)\"}\n" }.joined().utf8)
    }

    @Test func aFileOfPromptsIsReadOnceAnEpoch() throws {
        let directory = try TemporaryDirectory()
        let prompts = try FilePrompts(contentsOf: directory.write("prompts.jsonl", Self.lines(37)), seed: 2)
        let epochs = (0..<2).map { epoch in (0..<37).map { prompts.prompt(at: epoch * 37 + $0) } }
        let all = (0..<37).map { "q\($0)" }.sorted()
        #expect(epochs[0].sorted() == all && epochs[1].sorted() == all && epochs[0] != epochs[1])
        // A prompt is a function of its place: an epoch is found again behind another one.
        #expect((0..<37).map { prompts.prompt(at: $0) } == epochs[0])
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
        let five = try FilePrompts(contentsOf: directory.write("five.jsonl", Self.lines(5)), seed: 41)
        var orders: [[String]: Int] = [:]
        for epoch in 0..<epochs { orders[(0..<5).map { five.prompt(at: epoch * 5 + $0) }, default: 0] += 1 }
        #expect(chiSquare(orders, cells: 120) < 181, "\(chiSquare(orders, cells: 120))")

        let sixteen = try FilePrompts(contentsOf: directory.write("sixteen.jsonl", Self.lines(16)), seed: 42)
        var pairs: [[String]: Int] = [:]
        for epoch in 0..<epochs {
            pairs[[7, 8].map { sixteen.prompt(at: epoch * 16 + $0) }, default: 0] += 1
        }
        #expect(chiSquare(pairs, cells: 240) < 331, "\(chiSquare(pairs, cells: 240))")
    }

    @Test(arguments: [
        "{\"promt\": 1}", "{\"prompt\": \"\"}", "{\"prompt\": null}", "{\"prompt\": [\"a\"]}", "[]", "text",
        "{\"prompt\": \"long\"}",
    ])
    func aBadPromptIsRefusedOrLeftOut(_ line: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("bad.jsonl", Array("{\"prompt\": \"a\"}\n\n\(line)\n{\"prompt\": \"b\"}".utf8))
        func read(skipsBad: Bool) throws -> FilePrompts {
            try FilePrompts(contentsOf: path, seed: 0, skipsBad: skipsBad) { $0 == "long" ? "has 9 tokens" : nil }
        }
        #expect {
            try read(skipsBad: false)
        } throws: { error in
            guard case ReinforcementError.badPrompt(path, 3, let reason) = error else { return false }
            return line.contains("long") ? reason == "has 9 tokens" : reason.contains("expected an object")
        }
        let rest = try read(skipsBad: true)
        #expect(rest.count == 2 && rest.leftOut.map(\.line) == [3])
        let whole = try FilePrompts(
            contentsOf: directory.write("good.jsonl", Array("{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}".utf8)), seed: 0)
        #expect(rest.fingerprint == whole.fingerprint)
        let only = try directory.write("only.jsonl", Array(line.utf8))
        #expect {
            try FilePrompts(contentsOf: only, seed: 0, skipsBad: true) { _ in "has 9 tokens" }
        } throws: { error in
            guard case ReinforcementError.noPrompts(only, _?) = error else { return false }
            return true
        }
    }

    @Test func aByteOrderMarkIsNoText() throws {
        let directory = try TemporaryDirectory()
        let lines = "{\"prompt\": \"1+1:\"}\n{\"prompt\": \"2+2:\"}\n"
        let plain = try FilePrompts(contentsOf: directory.write("a.jsonl", Array(lines.utf8)), seed: 1)
        let marked = try FilePrompts(contentsOf: directory.write("b.jsonl", Array(("\u{FEFF}" + lines).utf8)), seed: 1)
        #expect(plain.fingerprint == marked.fingerprint)
        let wide = lines.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let path = try directory.write("c.jsonl", wide)
        #expect(throws: CorpusError.self) { try FilePrompts(contentsOf: path, seed: 1) }
    }
}
