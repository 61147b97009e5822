import Corpora
import Reinforcement
import TestSupport
import Testing

struct FilePromptsTests {
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
