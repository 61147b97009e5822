import Coding
import System
import Digests
import Foundation

/// Writes a token file document by document. Ids and documents stream to disk; memory is 8 bytes a document
/// (12 at the end).
package final class TokenFileWriter {
    private let partialPath: String
    private var tokens: BlockWriter
    private var documents: BlockWriter
    private var labels: DocumentLabels.Writer
    private var mask: ScoredMask.Writer
    private var domains: [String] = []
    private var domainNumbers: [String: UInt32] = [:]
    private var contentHashes: [UInt64] = []
    private var documentsWithoutDomain = 0
    private var tokenCount = 0
    private var scoredTokens = 0
    private var fingerprint = MultisetFingerprint()

    /// Begins a token file in a directory of a temporary name, which `finish` renames.
    ///
    /// - Throws: `CorpusError.unwritable`.
    package init(partialPath: String) throws {
        self.partialPath = partialPath
        do {
            try FileManager.default.createDirectory(atPath: partialPath, withIntermediateDirectories: true)
        } catch {
            throw CorpusError.unwritable(path: partialPath, reason: "\(error)")
        }
        tokens = try BlockWriter(partialPath + "/tokens.i32")
        documents = try BlockWriter(partialPath + "/documents.bin")
        labels = try DocumentLabels.Writer(partialPath)
        mask = try ScoredMask.Writer(partialPath)
    }

    /// Adds a document behind those before it.
    ///
    /// - Throws: `CorpusError.unwritable`.
    package func append(_ document: Document) throws {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(document.contextTokens))
        document.tokenIDs.withUnsafeBytes { hasher.update($0) }
        document.mask.map { $0.map { $0 ? UInt8(1) : 0 } }?.withUnsafeBytes { hasher.update($0) }
        let digest = hasher.finalize()
        fingerprint.insert(digest)
        let contentHash = MultisetFingerprint.words(digest)[0]
        try documents.append([
            UInt64(tokenCount), UInt64(document.tokenIDs.count) | UInt64(document.contextTokens) << 32, contentHash,
            UInt64(document.domain.map { number(ofDomain: $0) } ?? 0) << 32,
        ])
        if document.domain?.isEmpty ?? true { documentsWithoutDomain += 1 }
        try labels.append(document.id)
        try mask.append(document)
        contentHashes.append(contentHash)
        tokenCount += document.tokenIDs.count
        scoredTokens += document.scoredTokens
        try tokens.append(document.tokenIDs)
    }

    /// Most domains that are kept apart: a corpus with more (a field of host names, say) has the rest under one name, so that memory
    /// stays bounded.
    package static let maxDomains = 1000
    /// Name of the domain of all documents whose domain came after the first `maxDomains`.
    package static let otherDomains = "other domains"

    /// From 1, in the order in which they are met.
    private func number(ofDomain domain: String) -> UInt32 {
        if let known = domainNumbers[domain] { return known }
        guard domains.count < Self.maxDomains || domain == Self.otherDomains else {
            return number(ofDomain: Self.otherDomains)
        }
        domains.append(domain)
        domainNumbers[domain] = UInt32(domains.count)
        return UInt32(domains.count)
    }

    /// Completes the file under its temporary name and moves it to `path`. Where another run made the same file first, theirs stays.
    ///
    /// - Throws: `CorpusError.unwritable`.
    package func finish(
        path: String, tokenizerFingerprint: String, skipped: SkippedRecords, bareArrays: BareArrays? = nil,
        otherEnds: OtherEnds? = nil
    ) throws {
        var digests = try labels.finish()
        digests[DigestTable.maskName] = try mask.finish()
        digests["/tokens.i32"] = try tokens.finish()
        try writeOccurrences()
        digests["/documents.bin"] = try documents.finish()
        let summary = TokenFileSummary(
            corpusFingerprint: fingerprint.digest.hex, tokenizerFingerprint: tokenizerFingerprint,
            documents: contentHashes.count, tokens: tokenCount, scoredTokens: scoredTokens,
            domains: domains, documentsWithoutDomain: documentsWithoutDomain, skipped: skipped,
            bareArrays: bareArrays, otherEnds: otherEnds)
        var json = try BlockWriter(partialPath + "/corpus.json")
        try json.append(StateCoding.tokenFile.bytes(summary))
        digests["/corpus.json"] = try json.finish()
        try DigestTable.write(digests, to: partialPath)
        do throws(SystemError) {
            try AtomicFile.move(partialPath, to: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partialPath)
            // Another run made the same one first: theirs is as good.
            guard error.code == EEXIST || error.code == ENOTEMPTY else {
                throw CorpusError.unwritable(path: path, reason: error.reason)
            }
        }
    }

    /// Tells equal documents apart, each by how many come before it.
    private func writeOccurrences() throws {
        let order = (0..<UInt32(contentHashes.count)).sorted {
            (contentHashes[Int($0)], $0) < (contentHashes[Int($1)], $1)
        }
        var occurrence: UInt32 = 0
        for (previous, index) in zip(order, order.dropFirst()) {
            occurrence = contentHashes[Int(previous)] == contentHashes[Int(index)] ? occurrence + 1 : 0
            guard occurrence > 0 else { continue }
            try documents.overwrite(
                occurrence, at: Int(index) * TokenFile.Entry.byteCount + TokenFile.Entry.occurrenceOffset)
        }
    }
}
