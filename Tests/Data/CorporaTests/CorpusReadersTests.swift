import Corpora
import TestSupport
import Testing

struct CorpusReadersTests {
    private let directory: TemporaryDirectory
    private let readers = CorpusReaders(given: ["warc": "my-warc", "jsonl": "my-lines", "arrow": ""])

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ names: String...) throws {
        for name in names { try directory.write(name, Array("x".utf8)) }
    }

    private func programs(_ paths: [String], _ readers: CorpusReaders) throws -> [String: String] {
        let files = try CorpusFiles(paths, readers: readers).files
        return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.reader?.program ?? $0.format.rawValue) })
    }

    @Test func aKindIsTheEndOfANameAFolderOrAScheme() throws {
        try write(
            "a.parquet", "b.PARQUET", "c.jsonl", "d.jsonl.gz", "e.txt", "f.jsonl.bz2", "g.txt.xz", "h.warc",
            "i.warc.gz",
            "j.arrow", "k.tar.bz2", "one/dataset_info.json", "one/state.json", "one/data.arrow",
            "both/dataset_dict.json",
            "both/train/state.json", "both/train/dataset_info.json", "both/train/a.arrow")
        let standard = CorpusReaders.standardProgram
        let found = try programs([directory.path], readers)
        #expect(
            found
                == Dictionary(
                    uniqueKeysWithValues: [
                        ("a.parquet", standard), ("b.PARQUET", standard), ("c.jsonl", "my-lines"),
                        ("d.jsonl.gz", "my-lines"), ("e.txt", "plainText"), ("f.jsonl.bz2", standard),
                        ("g.txt.xz", standard), ("h.warc", "my-warc"), ("i.warc.gz", "my-warc"), ("one", standard),
                        ("both", standard),
                    ].map { (directory.file($0.0), $0.1) }))
        #expect(try CorpusFiles([directory.path], readers: readers).remarks().contains { $0.contains("left out 2 (") })
        #expect(try programs([directory.file("both/train")], readers).values.first == standard)
    }

    @Test func addressesGoToTheProgramOfTheirScheme() throws {
        let paths = ["s3://bucket/web/*.parquet", "https://example.org/a?b=c.jsonl", "GS://b/c"]
        #expect(try Set(programs(paths, readers).keys) == Set(paths))
        let files = try CorpusFiles(["s3://b/a", "s3://b/a", "s3://b/c"], readers: readers)
        #expect(files.files.count == 2 && files.remarks().count == 1)
        #expect(files.shared(with: try CorpusFiles(["s3://b/c"], readers: readers)) == ["s3://b/c"])
        #expect(throws: CorpusError.noReader(path: "ftp://a/b", kind: "ftp")) {
            try CorpusFiles(["ftp://a/b"], readers: readers)
        }
        #expect(throws: CorpusError.noReader(path: "s3://a/b", kind: "s3")) { try CorpusFiles(["s3://a/b"]) }
    }

    @Test func aKindWithoutAProgramIsNotRead() throws {
        try write("a.arrow", "b.txt")
        #expect(throws: CorpusError.unknownFormat(path: directory.file("a.arrow"))) {
            try CorpusFiles([directory.file("a.arrow")], readers: readers)
        }
        #expect(
            try CorpusFiles([directory.path], readers: readers).remarks() == ["read 1 file, left out 1 (.arrow)"])
    }
}
