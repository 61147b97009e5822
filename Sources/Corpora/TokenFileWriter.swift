import Digests
import Foundation

/// Writes a token file document by document. The ids stream to disk; memory is 32 bytes a document.
package final class TokenFileWriter {
    private let partialPath: String
    private var tokens: BlockWriter
    private var entries: [TokenFile.Entry] = []
    private var tokenCount = 0
    private var scoredTokens = 0
    private var fingerprint = MultisetFingerprint()

    package init(partialPath: String) throws {
        self.partialPath = partialPath
        do {
            try FileManager.default.createDirectory(atPath: partialPath, withIntermediateDirectories: true)
        } catch {
            throw CorpusError.unwritable(path: partialPath, reason: "\(error)")
        }
        tokens = try BlockWriter(partialPath + "/tokens.i32")
    }

    package func append(_ document: Document) throws {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(document.contextTokens))
        document.tokenIDs.withUnsafeBytes { hasher.update($0) }
        let digest = hasher.finalize()
        fingerprint.insert(digest)
        entries.append(
            TokenFile.Entry(
                tokenOffset: tokenCount, tokenCount: document.tokenIDs.count, contextTokens: document.contextTokens,
                contentHash: MultisetFingerprint.words(digest)[0], occurrence: 0))
        tokenCount += document.tokenIDs.count
        scoredTokens += document.scoredTokens
        try tokens.append(document.tokenIDs)
    }

    /// Completes the file under its temporary name and moves it to `path`.
    package func finish(path: String, tokenizerFingerprint: String, skipped: SkippedRecords) throws {
        try tokens.finish()
        Self.countOccurrences(&entries)
        var documents = try BlockWriter(partialPath + "/documents.bin")
        for entry in entries {
            try documents.append([
                UInt64(entry.tokenOffset), UInt64(entry.tokenCount) | UInt64(entry.contextTokens) << 32,
                entry.contentHash, UInt64(entry.occurrence),
            ])
        }
        try documents.finish()
        let summary = TokenFileSummary(
            corpusFingerprint: fingerprint.digest.hex, tokenizerFingerprint: tokenizerFingerprint,
            documents: entries.count, tokens: tokenCount, scoredTokens: scoredTokens, skipped: skipped)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        var json = try BlockWriter(partialPath + "/corpus.json")
        try json.append(encoder.encode(summary))
        try json.finish()
        guard rename(partialPath, path) == 0 else {
            let reason = errno
            try? FileManager.default.removeItem(atPath: partialPath)
            // Another run made the same one first: theirs is as good.
            guard reason == EEXIST || reason == ENOTEMPTY else {
                throw CorpusError.unwritable(path: path, reason: String(cString: strerror(reason)))
            }
            return
        }
    }

    private static func countOccurrences(_ entries: inout [TokenFile.Entry]) {
        let order = entries.indices.sorted {
            (entries[$0].contentHash, $0) < (entries[$1].contentHash, $1)
        }
        for (previous, index) in zip(order, order.dropFirst())
        where entries[previous].contentHash == entries[index].contentHash {
            entries[index].occurrence = entries[previous].occurrence + 1
        }
    }
}
