import Corpora
import Foundation
import TestSupport
import Testing

/// What of a model's text side is written beside what was trained from it.
struct TextFilesTests {
    @Test func whatIsWrittenIsWhatWasRead() throws {
        let directory = try TemporaryDirectory()
        try directory.write("model/tokenizer.json", Array("first".utf8))
        try directory.write("model/merges.txt", Array("a b".utf8))
        try directory.write("model/README.md", Array("of no tokenizer".utf8))
        let files = try TextFiles(directory: directory.file("model"))
        try directory.write("model/tokenizer.json", Array("second".utf8))
        try FileManager.default.removeItem(atPath: directory.file("model/merges.txt"))
        try directory.write("model/vocab.json", Array("{}".utf8))

        let out = directory.file("out")
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        for _ in 1...2 {
            try files.write(to: out)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: out).sorted() == ["merges.txt", "tokenizer.json"])
            #expect(try String(contentsOfFile: out + "/tokenizer.json", encoding: .utf8) == "first")
            #expect(try String(contentsOfFile: out + "/merges.txt", encoding: .utf8) == "a b")
            try FileManager.default.removeItem(atPath: directory.file("model"))
            try directory.write("model/tokenizer.json", Array("third".utf8))
        }
    }
}
