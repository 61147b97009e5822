import Compression
import Corpora
import Foundation
import TestSupport
import Testing
import Tokenizers

/// A corpus that changes between the reading for the cache's key and the reading for its documents: what was read the second time
/// must not stand under the key of the first, where later runs would find it.
struct ChangingFileTests {
    private let directory: TemporaryDirectory
    private let encoder: DocumentEncoder

    init() throws {
        directory = try TemporaryDirectory()
        encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
    }

    /// Enough documents in a first file for progress to be told, and so for the second to be changed meanwhile.
    private func tokens(_ path: String, meanwhile change: () throws -> Void = {}) throws -> TokenFile {
        let many = Array(String(repeating: "{\"text\": \"ab\"}\n", count: 600).utf8)
        let first = try directory.write("first.jsonl", many)
        var isChanged = false
        return try TokenCache(directory: directory.file("cache")).tokenFile(
            CorpusFiles([first, path]), encoder: encoder
        ) { _ in
            guard !isChanged else { return }
            isChanged = true
            try change()
        }
    }

    private func ids(_ documents: Int) -> [UInt8] { (0..<documents).flatMap { _ in [97, 0, 98, 0, 1, 1] as [UInt8] } }

    private func contents(_ name: String, documents: Int) throws -> [UInt8] {
        let lines = Array(String(repeating: "{\"text\": \"cd\"}\n", count: documents).utf8)
        return switch name {
        case "b.npy": ids(documents)
        case "b.jsonl.gz": try CompressionFormat.gzip.compress(lines)
        default: lines
        }
    }

    @Test(arguments: ["b.jsonl", "b.txt", "b.npy", "b.jsonl.gz"], [true, false])
    func aFileThatIsCutMeanwhileIsRefused(_ name: String, byRename: Bool) throws {
        let (whole, cut) = (try contents(name, documents: 30), try contents(name, documents: 10))
        let path = try directory.write(name, whole)
        #expect(throws: CorpusError.changedWhileRead(path: path)) {
            try tokens(path) {
                guard byRename else { return _ = try directory.write(name, cut) }
                _ = rename(try directory.write("new", cut), path)
            }
        }
        // It was put back; nothing of the other text stands under its key.
        #expect(try CacheFiles.names(directory.file("cache")).isEmpty)
        try directory.write(name, whole)
        let made = try tokens(path)
        #expect(made.documentCount == 600 + (name == "b.txt" ? 1 : 30))
    }

    @Test func aFileThatGrowsMeanwhileIsRefused() throws {
        let path = try directory.write("b.jsonl", contents("b.jsonl", documents: 10))
        #expect(throws: CorpusError.changedWhileRead(path: path)) {
            try tokens(path) { try directory.write("b.jsonl", contents("b.jsonl", documents: 11)) }
        }
    }

    @Test(arguments: ["m.bin", "m.idx"])
    func bothFilesOfAMegatronPairAreChecked(_ changed: String) throws {
        func index(_ lengths: [UInt8]) -> [UInt8] {
            Array("MMIDIDX".utf8) + [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
                + lengths.flatMap { [$0, 0, 0, 0] } + [0, 0, 0, 0, 0, 0, 0, 0, lengths[0] * 2, 0, 0, 0, 0, 0, 0, 0]
                + [0, 1, 2].flatMap { [$0, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }
        }
        try directory.write("m.bin", [97, 0, 98, 0, 99, 0])
        let path = try directory.write("m.idx", index([2, 1]))
        #expect(throws: CorpusError.changedWhileRead(path: directory.file(changed))) {
            try tokens(path) {
                try directory.write(changed, changed == "m.bin" ? [97, 0, 98, 0, 98, 0] : index([1, 2]))
            }
        }
        #expect(try CacheFiles.names(directory.file("cache")).isEmpty)
    }
}
