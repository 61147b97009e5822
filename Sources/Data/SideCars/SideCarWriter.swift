import Digests
import System

/// Writes a side-car shard by shard, each whole or not at all, the manifest behind it; goes on behind the last whole shard of a
/// directory that a stopped or killed scoring left. Memory: one shard.
package final class SideCarWriter {
    /// Path of the side-car, made where there was none; locked as long as this object lives.
    package let directory: String
    private let shardTokens: Int
    private let lock: DirectoryLock
    private var manifest: SideCarManifest
    private var pending = SideCarShardContents()

    /// Begins a side-car, or goes on with the one in `directory`. What a killed scoring left half-written is removed, and
    /// nothing else.
    ///
    /// - Parameter shardTokens: a shard is closed once it has this many; what a killed scoring loses is less than one shard.
    /// - Throws: `SideCarError` where the directory was begun with another description, is being written by another process, cannot
    ///   be written or holds a damaged manifest.
    package init(_ directory: String, _ description: SideCarDescription, shardTokens: Int) throws {
        precondition(shardTokens > 0, "a shard has tokens")
        self.directory = directory
        self.shardTokens = shardTokens
        lock = try Self.locked(directory)
        let found = try SideCarManifest(ifIn: directory)
        try found.map { try Self.check($0.description, description, directory) }
        manifest = found ?? SideCarManifest(description)
        AtomicFile.removeLeftovers(in: directory) { $0 == SideCarManifest.fileName || Self.isShardName($0) }
    }

    /// Segments that are on disk; those of the shard that is being filled are not.
    package var segmentsDone: Int { manifest.segmentsDone }
    /// Tokens that are on disk; those of the shard that is being filled are not.
    package var tokensDone: Int { manifest.tokensDone }
    /// Whether all segments and tokens of the description are on disk.
    package var isComplete: Bool { manifest.isComplete }
    /// What the side-car was begun with, as its manifest says.
    package var description: SideCarDescription { manifest.description }

    /// A shard on disk whose bytes are not the manifest's, and where its segments stand in the corpus.
    package struct DamagedShard {
        fileprivate let number: Int
        package let segments: Range<Int>
        package let error: SideCarError
    }

    /// Reads all that is on disk: hands on the hashes of the segments, with their places in the corpus, and returns the shards that
    /// cannot be used.
    package func checkShards(_ body: (_ segment: Int, SHA256Digest) throws -> Void) throws -> [DamagedShard] {
        var damaged: [DamagedShard] = []
        var first = 0
        for (number, entry) in manifest.shards.enumerated() {
            do {
                let contents = try SideCarShard(entry, in: directory).contents()
                for segment in 0..<contents.segmentCount { try body(first + segment, contents.digest(segment)) }
            } catch let error as SideCarError {
                guard case .damagedShard = error else { throw error }
                damaged.append(
                    DamagedShard(number: number, segments: first..<first + entry.segments, error: error))
            }
            first += entry.segments
        }
        return damaged
    }

    /// Puts a shard back whose segments were scored again. They must give the very bytes that the manifest names.
    ///
    /// - Parameter segments: each one's `Segment.digest(of:)` and log-probs.
    /// - Throws: `SideCarError.notReproduced`.
    package func mend(_ shard: DamagedShard, _ segments: [(SHA256Digest, [Float])]) throws {
        var contents = SideCarShardContents()
        for (segment, values) in segments { contents.append(segment, values) }
        let entry = manifest.shards[shard.number]
        let path = directory + "/" + entry.file
        let bytes = contents.file(description)
        let digest = SHA256Hasher.digest(bytes).hex
        guard digest == entry.sha256 else {
            throw SideCarError.notReproduced(path: path, expected: entry.sha256, got: digest)
        }
        try AtomicFile.write(path, contents: bytes)
    }

    /// Adds the log-probs of the corpus's next segment, and writes a shard once `shardTokens` are together.
    ///
    /// - Parameters:
    ///   - segment: `Segment.digest(of:)` of its ids.
    ///   - values: one a token, NaN at the first. Not checked here.
    ///   - vouch: as `flush` calls it.
    package func append(_ segment: SHA256Digest, _ values: [Float], vouch: () -> Bool = { true }) throws {
        pending.append(segment, values)
        if pending.tokenCount >= shardTokens { try flush(vouch: vouch) }
    }

    /// Writes what was appended since the last shard as a shard of its own; nothing where that is nothing. The shard's file comes
    /// before the manifest that names it.
    ///
    /// - Parameter vouch: whether what was appended may be kept; asked before anything is written.
    /// - Throws: `SideCarError.notVouchedFor` where it may not: it is forgotten.
    package func flush(vouch: () -> Bool = { true }) throws {
        guard pending.segmentCount > 0 else { return }
        guard vouch() else {
            pending = SideCarShardContents()
            throw SideCarError.notVouchedFor(path: directory)
        }
        let number = manifest.shards.count + 1
        let name = Self.shardName(number)
        let contents = pending.file(description)
        let entry = SideCarManifest.Shard(
            file: name, sha256: SHA256Hasher.digest(contents).hex, bytes: contents.count,
            segments: pending.segmentCount, tokens: pending.tokenCount)
        var next = manifest
        next.shards.append(entry)
        try AtomicFile.write(directory + "/" + name, contents: contents)
        try AtomicFile.write(directory + "/" + SideCarManifest.fileName, contents: next.encoded())
        manifest = next
        pending = SideCarShardContents()
    }

    private static func shardName(_ number: Int) -> String {
        "logprobs-" + String(repeating: "0", count: max(0, 6 - String(number).count)) + "\(number).safetensors"
    }

    private static func isShardName(_ name: String) -> Bool {
        Int(name.dropFirst("logprobs-".count).prefix { $0 != "." }).map { shardName($0) == name } ?? false
    }

    private static func locked(_ directory: String) throws -> DirectoryLock {
        do {
            try Directory.create(directory)
        } catch {
            throw SideCarError.unwritable(path: directory, reason: "\(error)")
        }
        do {
            return try DirectoryLock(directory)
        } catch {
            switch error {
            case .unwritable(let failure):
                throw SideCarError.unwritable(path: directory, reason: failure.reason)
            case .inUse: throw SideCarError.inUse(path: directory)
            }
        }
    }

    private static func check(_ was: SideCarDescription, _ now: SideCarDescription, _ directory: String) throws {
        let fields: [(String, KeyPath<SideCarDescription, String>)] = [
            ("model (by fingerprint)", \.modelFingerprint), ("tokenizer (by fingerprint)", \.tokenizerFingerprint),
            ("precision", \.precision),
            ("model, precision or CPU kernels (by scores fingerprint)", \.scoresFingerprint),
            ("corpus (by fingerprint)", \.corpusFingerprint),
        ]
        for (what, field) in fields where was[keyPath: field] != now[keyPath: field] {
            throw SideCarError.changed(path: directory, what: what, was: was[keyPath: field], now: now[keyPath: field])
        }
        guard was.sequenceLength == now.sequenceLength else {
            throw SideCarError.changed(
                path: directory, what: "--sequence-length", was: "\(was.sequenceLength)", now: "\(now.sequenceLength)")
        }
    }
}
