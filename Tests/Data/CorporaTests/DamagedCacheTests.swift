import Corpora
import TestSupport
import Testing

/// A token cache lives as long as its corpus, on disks that fail: what is not as it was written must not be trained on.
struct DamagedCacheTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// 300 documents of 100 tokens: two blocks of tokens.
    private func makeTokens() throws -> String {
        let writer = try TokenFileWriter(partialPath: directory.file("partial"))
        for number in 0..<300 as Range<Int32> {
            try writer.append(
                Document(
                    tokenIDs: (0..<100).map { $0 * 3 + number }, contextTokens: 2, id: "document \(number)",
                    domain: number % 2 == 0 ? "web" : "math"))
        }
        try writer.append(Document(tokenIDs: [1, 2, 3, 4], mask: [false, true, false, true], domain: "web"))
        let path = directory.file("tokens")
        try writer.finish(path: path, tokenizerFingerprint: "t", skipped: SkippedRecords())
        return path
    }

    private func readAll(_ path: String) throws {
        let tokens = try TokenFile(path)
        let corpus = Corpus(tokens, sequenceLength: 64)
        var stream = try WindowStream(corpus, seed: 1)
        _ = try stream.next(1 << 20)
        for index in 0..<tokens.documentCount { _ = try tokens.id(index) }
    }

    /// The last document has a mask, so that there is one of all.
    @Test(arguments: [
        "mask.bits", "blocks.sha256", "corpus.json", "documents.bin", "ids.bin", "ids.ends", "tokens.i32",
    ])
    func everyFlippedBitAndLostBlockIsFound(_ name: String) throws {
        let path = try makeTokens()
        try readAll(path)
        let file = path + "/" + name
        func isFound(_ change: (inout [UInt8]) -> Void) throws -> Bool {
            var before: [UInt8] = []
            try CacheFiles.change(file) {
                before = $0
                change(&$0)
            }
            defer { try? CacheFiles.change(file) { $0 = before } }
            do {
                try readAll(path)
                return false
            } catch CorpusError.damagedCache {
                return true
            }
        }
        for place in [0.0, 0.3, 0.5, 0.8, 0.9999] {
            #expect(try isFound { $0[Int(Double($0.count) * place)] ^= 4 }, "\(place)")
        }
        // What a power cut leaves of a file whose size was written first.
        #expect(
            try isFound {
                $0.replaceSubrange(($0.count / 2)..., with: repeatElement(0, count: $0.count - $0.count / 2))
            })
        #expect(try isFound { $0 = [UInt8](repeating: 0, count: $0.count) })
        #expect(try isFound { $0.removeLast() })
        #expect(try isFound { $0.append(0) })
        #expect(try isFound { $0 = [] })
        try readAll(path)
    }

    @Test func blocksAreCheckedWhenTheyAreRead() throws {
        let path = try makeTokens()
        try CacheFiles.change(path + "/tokens.i32") { $0[$0.count - 1] ^= 1 }
        let tokens = try TokenFile(path)
        var ids: [Int32] = []
        try tokens.appendTokens(from: 0, count: 100, to: &ids)
        #expect(ids.count == 100)
        let reason = "tokens.i32, bytes 65536 to 120016, are not those that were written"
        #expect(throws: CorpusError.damagedCache(path: path, reason: reason)) {
            try tokens.appendTokens(from: 29_900, count: 100, to: &ids)
        }
        // A range over the border of two blocks needs both.
        #expect(throws: CorpusError.damagedCache(path: path, reason: reason)) {
            try tokens.appendTokens(from: 16_380, count: 10, to: &ids)
        }
    }

    @Test func emptyFilesAreWhole() throws {
        let writer = try TokenFileWriter(partialPath: directory.file("partial"))
        try writer.finish(path: directory.file("tokens"), tokenizerFingerprint: "t", skipped: SkippedRecords())
        #expect(try TokenFile(directory.file("tokens")).documentCount == 0)
    }
}
