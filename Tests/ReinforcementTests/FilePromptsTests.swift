import Corpora
import Reinforcement
import TestSupport
import Testing

struct FilePromptsTests {
    @Test func aFileOfPromptsIsReadOnceAnEpoch() throws {
        let directory = try TemporaryDirectory()
        let lines = (0..<37).map { "{\"prompt\": \"q\($0)\"}\n" }.joined()
        let prompts = try FilePrompts(contentsOf: directory.write("prompts.jsonl", Array(lines.utf8)), seed: 2)
        let epochs = (0..<2).map { epoch in (0..<37).map { prompts.prompt(at: epoch * 37 + $0) } }
        let all = (0..<37).map { "q\($0)" }.sorted()
        #expect(epochs[0].sorted() == all && epochs[1].sorted() == all && epochs[0] != epochs[1])
        let bad = try directory.write("bad.jsonl", Array("{\"prompt\": \"a\"}\n{\"promt\": 1}\n".utf8))
        #expect {
            try FilePrompts(contentsOf: bad, seed: 0)
        } throws: { error in
            guard case ReinforcementError.badPrompt(bad, 2, _) = error else { return false }
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
