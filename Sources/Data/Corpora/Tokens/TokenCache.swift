import Digests
import Foundation
import System
import Tokenizers

/// Tokenizes each corpus once: token files in a directory, named by a hash of the files' bytes and of all that the ids depend on.
package struct TokenCache: Sendable {
    /// How far the reading of a corpus has come; told after every 256 documents.
    package struct Progress: Sendable {
        /// Path of the file that is being read.
        package var file: String
        /// Documents tokenized so far, in all files.
        package var documents: Int
        /// Tokens of those documents.
        package var tokens: Int
        /// Bytes on disk that were read, and those of all files: 0 where programs read some of them.
        package var bytes: Int
        package var totalBytes: Int

        /// Part of the files that was read, from 0 to 1; nil where programs read some of them.
        package var share: Double? { totalBytes > 0 ? min(1, Double(bytes) / Double(totalBytes)) : nil }
    }

    /// Where the token files are.
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// Tokenized form of the files, from the cache where it is there. Without it every document is read and encoded once; memory
    /// does not grow with the size of the text.
    ///
    /// - Parameters:
    ///   - skipBadLines: whether a line that cannot be read is counted and left out instead of thrown.
    ///   - onProgress: not called where the cache has the file; what it throws ends the reading.
    /// - Throws: `CorpusError`.
    package func tokenFile(
        _ corpus: CorpusFiles, fields: RecordFields = RecordFields(), encoder: DocumentEncoder,
        skipBadLines: Bool = false, onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> TokenFile {
        let programs = RunningReaders(tokenizer: encoder.directory)
        let start = Progress(file: corpus.files.first?.path ?? "", documents: 0, tokens: 0, bytes: 0, totalBytes: 0)
        let digests = try corpus.files.map { file in try file.digests(programs) { try onProgress(start) } }
        let key = Self.key(corpus, digests, fields: fields, encoder: encoder, skipBadLines: skipBadLines)
        let path = directory + "/" + key.hex.prefix(32)
        if !FileManager.default.fileExists(atPath: path) {
            try make(path) { partial in
                let builder = try TokenFileBuilder(
                    partialPath: partial, fields: fields, encoder: encoder, skipBadLines: skipBadLines,
                    programs: programs, totalBytes: try Self.byteCount(corpus))
                for (file, digests) in zip(corpus.files, digests) {
                    try builder.add(file, digests: digests, onProgress)
                }
                try builder.finish(path: path)
            }
        }
        return try TokenFile(path)
    }

    private static func key(
        _ corpus: CorpusFiles, _ digests: [[SHA256Digest]], fields: RecordFields, encoder: DocumentEncoder,
        skipBadLines: Bool
    ) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: UInt64(TokenFileSummary.currentFormat))
        hasher.update(field: fields.text ?? "")
        hasher.update(field: fields.bareElement?.rawValue ?? "smallest")
        hasher.update(field: skipBadLines ? "skip" : "stop")
        encoder.addFields(to: &hasher)
        for (file, digests) in zip(corpus.files, digests) {
            hasher.update(field: file.format.rawValue)
            if let reader = file.reader { Self.add(reader, encoder, to: &hasher) }
            for digest in digests { hasher.update(field: digest.hex) }
        }
        return hasher.finalize()
    }

    /// What a program does is told by its command line, and by the chat template that it may render conversations with.
    private static func add(_ reader: CorpusReaders.Reader, _ encoder: DocumentEncoder, to hasher: inout SHA256Hasher) {
        hasher.update(field: reader.program)
        for name in ["tokenizer_config.json", "chat_template.jinja", "chat_template.json"] {
            let contents = encoder.directory.flatMap { FileManager.default.contents(atPath: $0 + "/" + name) }
            hasher.update(field: contents.map { SHA256Hasher.digest(Array($0)).hex } ?? "")
        }
    }

    /// 0 where programs read some of the files.
    private static func byteCount(_ corpus: CorpusFiles) throws -> Int {
        guard corpus.files.allSatisfy({ $0.reader == nil }) else { return 0 }
        return try corpus.files.flatMap { try $0.parts() }.reduce(0) { sum, part in
            let size = try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    /// Hands `build` the directory to fill; what is left of it after an error is removed.
    private func make(_ path: String, _ build: (String) throws -> Void) throws {
        removeAbandoned()
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let partial = path + Self.partialInfix + "\(ProcessPlace.current).\(getpid()).\(unique)"
        do {
            try build(partial)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private static let partialInfix = ".partial-"
    /// A process elsewhere whose files nobody has written to for so long has ended.
    private static let quietNanoseconds = 86_400 * 1_000_000_000

    /// Removes what killed processes left behind.
    private func removeAbandoned() {
        for name in (try? Directory.names(in: directory)) ?? [] {
            guard let infix = name.range(of: Self.partialInfix) else { continue }
            let path = directory + "/" + name
            if Self.hasEnded(name[infix.upperBound...]) ?? Self.isQuiet(path) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }

    /// Whether a process has ended: `PLACE.PID.RANDOM`. nil for one of another machine or container: its number says nothing here.
    private static func hasEnded(_ owner: Substring) -> Bool? {
        guard let found = owner.wholeMatch(of: /(.+)\.([0-9]+)\.[0-9a-f]+/), found.1 == ProcessPlace.current,
            let process = pid_t(found.2), process > 0
        else { return nil }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// Whether nobody has written for a day to what is in a directory.
    private static func isQuiet(_ path: String) -> Bool {
        let names = ((try? Directory.names(in: path)) ?? []).filter { $0 != ".." }
        guard let last = names.compactMap({ FileState(path + "/" + $0)?.modified }).max() else { return false }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec - last > quietNanoseconds
    }
}
