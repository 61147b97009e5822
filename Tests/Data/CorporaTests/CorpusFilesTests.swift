import Corpora
import TestSupport
import Testing

struct CorpusFilesTests {
    @Test func aDirectoryIsEveryCorpusFileBelowIt() throws {
        let directory = try TemporaryDirectory()
        for name in ["b.jsonl", "a.txt", "notes.pdf"] { try directory.write(name, Array("x".utf8)) }
        let files = try CorpusFiles([directory.path]).files
        #expect(files.map(\.path) == [directory.file("a.txt"), directory.file("b.jsonl")])
        #expect(files.map(\.format) == [.plainText, .jsonLines])
    }

    @Test func refusesWhatItCannotRead() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: CorpusError.notFound(path: directory.file("none"))) {
            try CorpusFiles([directory.file("none")])
        }
        #expect(throws: CorpusError.emptyDirectory(path: directory.path, leftOut: nil)) {
            try CorpusFiles([directory.path])
        }
        let packed = try directory.write("a.jsonl.xz", [0xFD])
        #expect(throws: CorpusError.unknownFormat(path: packed)) { try CorpusFiles([packed]) }
    }

    @Test func aPatternIsAllThatItMatches() throws {
        let directory = try TemporaryDirectory()
        for name in ["b.jsonl", "a.jsonl", "c.txt"] { try directory.write(name, Array("x".utf8)) }
        #expect(
            try CorpusFiles([directory.file("*.jsonl")]).files.map(\.path)
                == [directory.file("a.jsonl"), directory.file("b.jsonl")])
        let none = directory.file("*.md")
        #expect(throws: CorpusError.notFound(path: none)) { try CorpusFiles([none]) }
    }

    /// Lines that cross the reader's blocks, with and without a last line end.
    @Test(arguments: [1, 2, 3])
    func longLinesCrossBlocks(_ lines: Int) throws {
        let directory = try TemporaryDirectory()
        let texts = (0..<lines).map { String(repeating: Character("\($0)"), count: 700_000 * ($0 + 1)) }
        let path = try directory.write(
            "a.jsonl", Array(texts.map { #"{"text": "\#($0)"}"# }.joined(separator: "\n").utf8))
        var found: [String] = []
        try RecordReader(CorpusFiles([path]).files[0]).forEach {
            found.append(String(decoding: try $0.get().text, as: UTF8.self))
        }
        #expect(found == texts)
    }

    @Test func aTextFileIsOneDocument() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.txt", Array("one\ntwo\n".utf8))
        var found: [TextRecord] = []
        try RecordReader(CorpusFiles([path]).files[0]).forEach { found.append(try $0.get()) }
        #expect(found == [TextRecord(text: Array("one\ntwo\n".utf8), file: path, line: 1)])
    }
}
