import Compression
import Corpora
import TestSupport
import Testing

/// What is no text at the head of a file, and what of a file is no line.
struct FileHeadTests {
    private let directory: TemporaryDirectory
    private let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private let lines = Array("{\"text\": \"ab\"}\n{\"text\": \"cd\"}\n".utf8)

    init() throws { directory = try TemporaryDirectory() }

    private func records(
        _ name: String, _ bytes: [UInt8], maxLineBytes: Int = RecordReader.maxLineBytes
    ) throws -> [Result<TextRecord, CorpusError>] {
        let path = try directory.write(name, bytes)
        var found: [Result<TextRecord, CorpusError>] = []
        try RecordReader(CorpusFiles([path]).files[0], maxLineBytes: maxLineBytes).forEach { found.append($0) }
        return found
    }

    private func texts(_ name: String, _ bytes: [UInt8]) throws -> [String] {
        try records(name, bytes).map { String(decoding: try $0.get().text, as: UTF8.self) }
    }

    @Test(arguments: ["a.jsonl", "a.json", "a.ndjson", "a.jsonl.gz", "a.json.gz", "a.jsonl.zst"])
    func aByteOrderMarkIsNoText(_ name: String) throws {
        func packed(_ bytes: [UInt8]) throws -> [UInt8] { try CompressionFormat(path: name)?.compress(bytes) ?? bytes }
        #expect(try texts(name, packed(mark + lines)) == ["ab", "cd"])
        #expect(try texts(name, packed(lines)) == ["ab", "cd"])
    }

    @Test func aTextFileBeginsBehindIt() throws {
        #expect(try texts("a.txt", mark + Array("one\n".utf8)) == ["one\n"])
        #expect(try texts("a.md.gz", CompressionFormat.gzip.compress(mark + Array("one\n".utf8))) == ["one\n"])
        #expect(try texts("b.txt", mark) == [""])
        #expect(try texts("c.txt", Array("\u{FEFF}\u{FEFF}x".utf8)) == ["\u{FEFF}x"])
    }

    @Test func otherEncodingsAndKindsAreNamed() throws {
        let utf16 = Array("{\"text\": \"ab\"}\n".utf8)
        let little = utf16.flatMap { [$0, 0] as [UInt8] }
        let big = utf16.flatMap { [0, $0] as [UInt8] }
        let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8)
        let files: [([UInt8], String)] = [
            ([0xFF, 0xFE] + little, "UTF-16"), ([0xFE, 0xFF] + big, "UTF-16"), (little, "UTF-16LE"), (big, "UTF-16BE"),
            ([0xFF, 0xFE, 0, 0] + little, "UTF-32"), (try CompressionFormat.gzip.compress(utf16), ".gz"),
            (try CompressionFormat.zstd.compress(utf16), ".zst"), (pointer, "git lfs pull"),
        ]
        for (bytes, what) in files {
            for name in ["a.jsonl", "a.txt"] {
                let error = #expect(throws: CorpusError.self) { try records(name, bytes) }
                #expect(error?.description.contains(what) == true, "\(what): \(String(describing: error))")
            }
        }
    }

    @Test(arguments: [100, 3 << 20])
    func anOverlongLineIsPassedOver(_ bytes: Int) throws {
        let long = Array(#"{"text": ""#.utf8) + [UInt8](repeating: 0x61, count: bytes) + Array("\"}\n".utf8)
        let found = try records("a.jsonl", lines + long + lines, maxLineBytes: 64)
        #expect(found.count == 5)
        // A line that ends in the block where it begins is in memory anyway.
        guard bytes > 1 << 20 else { return }
        #expect(found[2] == .failure(.lineTooLong(file: directory.file("a.jsonl"), line: 3, limitBytes: 64)))
        #expect(try found[4].get().text == Array("cd".utf8) && found[4].get().line == 5)
        let last = try records("b.jsonl", lines + long.dropLast(), maxLineBytes: 64)
        #expect(
            last.count == 3
                && last[2] == .failure(.lineTooLong(file: directory.file("b.jsonl"), line: 3, limitBytes: 64)))
        let text = try records("c.txt", long, maxLineBytes: 64)
        #expect(text == [.failure(.lineTooLong(file: directory.file("c.txt"), line: 1, limitBytes: 64))])
    }
}
