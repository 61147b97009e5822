import Corpora
import Foundation
import TestSupport
import Testing

/// Which files a path stands for, and what is said of the others.
struct CorpusSearchTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ names: String...) throws {
        for name in names { try directory.write(name, Array(name.utf8)) }
    }

    private func names(_ paths: [String]) throws -> [String] {
        try CorpusFiles(paths).files.map { $0.path.replacing(directory.path + "/", with: "") }
    }

    private func remarks(_ paths: [String], isHeldOut: Bool = false) throws -> [String] {
        try CorpusFiles(paths).remarks(isHeldOut: isHeldOut).map { $0.replacing(directory.path + "/", with: "") }
    }

    @Test func aFileIsReadOnceByWhateverName() throws {
        try write("a.jsonl", "b/c.jsonl")
        let a = directory.file("a.jsonl")
        try FileManager.default.createSymbolicLink(atPath: directory.file("soft.jsonl"), withDestinationPath: a)
        try FileManager.default.linkItem(atPath: a, toPath: directory.file("hard.jsonl"))
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("again"), withDestinationPath: directory.file("b"))
        for other in ["a.jsonl", "./a.jsonl", "b/../a.jsonl", "soft.jsonl", "hard.jsonl", "a*.jsonl"] {
            #expect(try names([a, directory.file(other)]) == ["a.jsonl"], "\(other)")
            let said = try remarks([a, directory.file(other)])
            #expect(said.first?.hasPrefix("1 file named more than once, read once: ") == true, "\(other): \(said)")
        }
        #expect(try names([directory.path]) == ["a.jsonl", "again/c.jsonl"])
        #expect(try names([directory.file("b"), directory.path]) == ["b/c.jsonl", "a.jsonl"])
        #expect(try remarks([a]).isEmpty)
    }

    @Test func aMegatronPairOfAPatternIsOne() throws {
        try write("c.bin", "c.idx", "d.bin", "d.idx")
        #expect(try names([directory.file("*")]) == ["c.idx", "d.idx"])
        #expect(try names([directory.path]) == ["c.idx", "d.idx"])
        #expect(try remarks([directory.path]).isEmpty)
        #expect(try names(["c", "c.bin", "c.idx"].map(directory.file)) == ["c.idx"])
    }

    @Test func hiddenFilesAndEditorsCopiesAreNoCorpus() throws {
        try write(
            "a.jsonl", "._a.jsonl", ".b.jsonl", ".ipynb_checkpoints/a-checkpoint.jsonl", ".git/c.txt", "a.jsonl~",
            "#a.jsonl#",
            ".a.jsonl.swp", "a.jsonl.bak", "sub/.cache/d.jsonl", "sub/e.jsonl")
        #expect(try names([directory.path]) == ["a.jsonl", "sub/e.jsonl"])
        #expect(
            try remarks([directory.path]) == [
                "read 2 files, left out 9 (6 hidden, 1 .bak, 1 .jsonl#, 1 .jsonl~)"
            ])
    }

    @Test func whatIsLeftOutForItsKindIsCountedAndNamed() throws {
        try write("a.jsonl", "b.jsonl.gz", "c.txt", "d.parquet", "e.parquet")
        #expect(try remarks([directory.path]) == ["read 3 files, left out 2 (.parquet)"])
        try write("f.jsonl.xz", "_SUCCESS", "dataset_info.json", "x.bin")
        #expect(
            try remarks([directory.path]) == [
                "read 3 files, left out 6 (2 .parquet, 1 .bin, 1 .jsonl.xz, 1 dataset_info.json, 1 without extension)"
            ])
        try write("only/d.parquet", "only/.a.jsonl")
        let only = directory.file("only")
        #expect(throws: CorpusError.emptyDirectory(path: only, leftOut: "2 (1 .parquet, 1 hidden)")) {
            try CorpusFiles([only])
        }
    }

    @Test func aFolderIsAFolderWhateverItsName() throws {
        try write("x.jsonl/part-0.jsonl", "x.jsonl/part-1.jsonl", "y.npy/a.txt", "z.idx/b.txt")
        let all = ["x.jsonl/part-0.jsonl", "x.jsonl/part-1.jsonl", "y.npy/a.txt", "z.idx/b.txt"]
        #expect(try names([directory.path]) == all)
        #expect(try names([directory.file("*")]) == all)
        #expect(try names([directory.file("x.jsonl")]) == Array(all.prefix(2)))
    }

    @Test func aReadMeAndATestSplitArePointedOut() throws {
        try write("train.jsonl", "README.md", "data/test-00000-of-00001.jsonl", "validation/b.jsonl", "latest.jsonl")
        let notice = "read as a document, though it seems to speak about the data: README.md"
        let split = "read with the rest, though its name is a held-out split's: "
        #expect(
            try remarks([directory.path]) == [notice, split + "data/test-00000-of-00001.jsonl and 1 more"])
        #expect(try remarks([directory.path], isHeldOut: true) == [notice])
        #expect(try remarks([directory.file("*/*.jsonl")]) == [split + "data/test-00000-of-00001.jsonl and 1 more"])
        let whole = try remarks([directory.path])
        #expect(try remarks([directory.file("*")]) == whole)
        // What the user has named is meant.
        #expect(try remarks([directory.file("data/test-00000-of-00001.jsonl"), directory.file("README.md")]).isEmpty)
        #expect(try remarks([directory.file("validation")]).isEmpty)
    }

    @Test func linksInACircleEnd() throws {
        try write("a/b.jsonl")
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("a/up"), withDestinationPath: directory.path)
        #expect(try names([directory.path]) == ["a/b.jsonl"])
        let lost = directory.file("a/lost.jsonl")
        try FileManager.default.createSymbolicLink(atPath: lost, withDestinationPath: directory.file("none"))
        #expect(throws: CorpusError.unreadable(path: lost, reason: "the link leads nowhere")) {
            try CorpusFiles([directory.path])
        }
    }

    /// glob(3) takes `**` for `*`, and files further down would be missing.
    @Test func aPatternOverLevelsIsRefused() throws {
        try write("a/b.jsonl", "a/c/d.jsonl")
        let pattern = directory.file("**/*.jsonl")
        #expect(throws: CorpusError.unknownPattern(pattern: pattern)) { try CorpusFiles([pattern]) }
    }

    @Test func filesOfTwoCorporaAreToldByWhatTheyAre() throws {
        try write("a.jsonl", "b.jsonl", "c.jsonl")
        let first = try CorpusFiles([directory.file("a.jsonl"), directory.file("b.jsonl")])
        let second = try CorpusFiles([directory.file("./b.jsonl"), directory.file("c.jsonl")])
        #expect(first.shared(with: second) == [directory.file("b.jsonl")])
    }
}
