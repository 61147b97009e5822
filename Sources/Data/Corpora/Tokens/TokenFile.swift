import Coding
import Digests
import Foundation

/// What is known of a tokenized corpus beside its tokens; `corpus.json` of a token file.
package struct TokenFileSummary: Sendable, Equatable, Codable {
    static let currentFormat = 5

    /// Version of the layout; a file of another one is refused when it is opened.
    package var format = Self.currentFormat
    /// SHA-256 of the documents as a multiset, in hex: neither their order nor the split into files changes it.
    package var corpusFingerprint: String
    /// Fingerprint of the tokenizer that made the ids, in hex.
    package var tokenizerFingerprint: String
    /// Number of documents.
    package var documents: Int
    /// Number of ids of all documents, context included.
    package var tokens: Int
    /// Number of scored tokens of the documents as they are; those cut into segments have a few less.
    package var scoredTokens: Int
    /// Names of the domains in the order in which they were met first.
    package var domains: [String]
    /// Number of documents whose record names no domain, or an empty one.
    package var documentsWithoutDomain: Int
    /// What of the files was left out, and files that add nothing new.
    package var skipped: SkippedRecords
    /// Token arrays without header whose element type was taken for granted; nil where there are none, or the user said what they are.
    package var bareArrays: BareArrays?
    /// Documents that hold another end of sequence before their own; nil where there are none.
    package var otherEnds: OtherEnds?
}

/// Documents that hold another end of sequence of the model's files before the one that closes them.
package struct OtherEnds: Sendable, Equatable, Codable {
    /// Number of documents that hold another end of sequence before their own.
    package private(set) var documents = 0
    /// Id of the first other end that was met.
    package private(set) var id: Int32 = 0

    package init() {}

    /// Counts a document that holds the end `id` before its own.
    package mutating func add(_ id: Int32) {
        if documents == 0 { self.id = id }
        documents += 1
    }
}

/// Token arrays without header whose element type was taken for granted.
package struct BareArrays: Sendable, Equatable, Codable {
    /// Number of arrays without header.
    package let files: Int
    /// Element type that the arrays were read as, by its name in `--npy-dtype`.
    package let element: String

    package init(files: Int, element: String) {
        self.files = files
        self.element = element
    }
}

/// A tokenized corpus: a directory with `tokens.i32` (all ids, little-endian), `documents.bin` (32 bytes a document),
/// `corpus.json`, `blocks.sha256`, the documents' ids where any has one, and a mask where any has one. Memory-mapped: what is resident is what was just read.
/// Every byte that is read is one that was written: flipped bits, or the zeros that a power cut leaves, are an error.
package final class TokenFile: Sendable {
    /// A document of a token file, without its ids: one row of `documents.bin`.
    package struct Entry: Sendable, Equatable {
        /// Place of the document's first id among all ids of the file.
        package var tokenOffset: Int
        /// Number of its ids, context included.
        package var tokenCount: Int
        /// Number of ids at its beginning that are context: neither scored nor counted.
        package var contextTokens: Int
        /// First eight bytes of a SHA-256 of its ids and the number of context tokens; equal documents have one hash.
        package var contentHash: UInt64
        /// Number of equal documents before it in the file.
        package var occurrence: Int
        /// Index in `TokenFileSummary.domains` of the domain that its record names; nil for none.
        package var domain: Int?

        static let byteCount = 32
        static let occurrenceOffset = 24
        static let domainOffset = 28
    }

    /// Path of the directory.
    package let path: String
    /// What `corpus.json` says of the file.
    package let summary: TokenFileSummary
    /// SHA-256 of the documents as a multiset.
    package let fingerprint: SHA256Digest
    private let tokens: CheckedBytes
    /// Checked as a whole when the file is opened: every order of an epoch reads all of it.
    private let documents: CheckedBytes
    private let labels: DocumentLabels?
    /// nil where every document is scored from the end of its context on.
    let mask: ScoredMask?

    /// Opens and maps a token file. The table of documents is checked as a whole, ids when they are read.
    ///
    /// - Throws: `CorpusError.unreadable`; `.damagedCache` for files that are not those that were written, or of another format.
    package init(_ path: String) throws {
        self.path = path
        func damaged(_ reason: String) -> CorpusError { .damagedCache(path: path, reason: reason) }
        let table = try DigestTable(path)
        let json = try CheckedBytes(path, "/corpus.json", table)
        do {
            summary = try StateCoding.tokenFile.value(from: json.bytes(0..<json.count))
        } catch let error as CorpusError {
            throw error
        } catch {
            throw damaged("corpus.json: \(error)")
        }
        guard summary.format == TokenFileSummary.currentFormat else { throw damaged("format \(summary.format)") }
        guard let fingerprint = SHA256Digest(hex: summary.corpusFingerprint) else {
            throw damaged("corpus_fingerprint")
        }
        self.fingerprint = fingerprint
        tokens = try CheckedBytes(path, "/tokens.i32", table)
        documents = try CheckedBytes(path, "/documents.bin", table)
        try documents.checkAll()
        guard tokens.count == summary.tokens * 4 else { throw damaged("tokens.i32 has the wrong size") }
        guard documents.count == summary.documents * Entry.byteCount else {
            throw damaged("documents.bin has the wrong size")
        }
        labels = try DocumentLabels(path, documents: summary.documents, table)
        mask = try ScoredMask(path, tokens: summary.tokens, table)
    }

    /// Number of documents; `entry` takes 0 ..< it.
    package var documentCount: Int { summary.documents }

    /// Place, length and hash of a document. Complexity: constant.
    package func entry(_ index: Int) -> Entry {
        precondition(index >= 0 && index < documentCount, "document index out of range")
        let bytes = documents.allChecked
        let base = index * Entry.byteCount
        func word<Word: FixedWidthInteger>(_ offset: Int, _: Word.Type) -> Word {
            Word(littleEndian: bytes.loadUnaligned(fromByteOffset: base + offset, as: Word.self))
        }
        return Entry(
            tokenOffset: Int(word(0, UInt64.self)), tokenCount: Int(word(8, UInt32.self)),
            contextTokens: Int(word(12, UInt32.self)), contentHash: word(16, UInt64.self),
            occurrence: Int(word(Entry.occurrenceOffset, UInt32.self)),
            domain: Self.domain(word(Entry.domainOffset, UInt32.self)))
    }

    /// Name that its record gives a document; nil for none.
    ///
    /// - Throws: `CorpusError.damagedCache` where the file has not the bytes that were written.
    package func id(_ index: Int) throws -> String? { try labels?.label(index) }

    /// Name of the domain that a document's record gives; nil for none.
    package func domain(_ index: Int) -> String? {
        entry(index).domain.flatMap { summary.domains.indices.contains($0) ? summary.domains[$0] : nil }
    }

    /// Stored plus one; 0 is none.
    private static func domain(_ stored: UInt32) -> Int? { stored == 0 ? nil : Int(stored) - 1 }

    /// Adds `count` ids, from place `offset` among all ids of the file on, to `ids`.
    ///
    /// - Throws: `CorpusError.damagedCache` where the file has not the bytes that were written.
    package func appendTokens(from offset: Int, count: Int, to ids: inout [Int32]) throws {
        precondition(offset >= 0 && count >= 0 && offset + count <= summary.tokens, "token range out of the corpus")
        let bytes = try tokens.bytes(offset * 4..<(offset + count) * 4)
        for index in 0..<count {
            ids.append(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)))
        }
    }
}
