import Checkpoints
import Digests
import Foundation

/// Writes a side-car shard by shard, each whole or not at all, the manifest behind it; goes on behind the last whole shard of a
/// directory that a stopped or killed scoring left. Memory: one shard.
package final class SideCarWriter {
    package let directory: String
    private let shardTokens: Int
    private let lock: DirectoryLock
    private var manifest: SideCarManifest
    private var logProbs: [Float] = []
    private var starts: [Int64] = [0]
    private var hashes: [UInt8] = []

    /// - Parameter shardTokens: a shard is closed once it has this many; what a killed scoring loses is less than one shard.
    /// - Throws: where the directory was begun with another description, or is being written by another process.
    package init(_ directory: String, _ description: SideCarDescription, shardTokens: Int) throws {
        precondition(shardTokens > 0, "a shard has tokens")
        self.directory = directory
        self.shardTokens = shardTokens
        lock = try Self.locked(directory)
        let found = try SideCarManifest(ifIn: directory)
        try found.map { try Self.check($0.description, description, directory) }
        manifest = found ?? SideCarManifest(description)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where name.hasSuffix(".tmp")
        {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }

    /// Segments and tokens that are on disk.
    package var segmentsDone: Int { manifest.segmentsDone }
    package var tokensDone: Int { manifest.tokensDone }
    package var isComplete: Bool { manifest.isComplete }
    package var description: SideCarDescription { manifest.description }

    /// The hashes of the segments that are on disk, in their order.
    package func forEachSegmentDone(_ body: (SHA256Digest) throws -> Void) throws {
        for shard in manifest.shards {
            let shard = try SideCarShard(shard, in: directory)
            for segment in 0..<shard.segmentCount { try body(shard.digest(segment)) }
        }
    }

    package func append(_ segment: SHA256Digest, _ values: [Float]) throws {
        logProbs += values
        starts.append(Int64(logProbs.count))
        hashes += segment.bytes
        if logProbs.count >= shardTokens { try flush() }
    }

    /// Makes what was appended last, as a shard of its own.
    package func flush() throws {
        guard starts.count > 1 else { return }
        let number = manifest.shards.count + 1
        let name =
            "logprobs-" + String(repeating: "0", count: max(0, 6 - String(number).count)) + "\(number).safetensors"
        let contents = shard()
        let entry = SideCarManifest.Shard(
            file: name, sha256: SHA256Hasher.digest(contents).hex, bytes: contents.count, segments: starts.count - 1,
            tokens: logProbs.count)
        var next = manifest
        next.shards.append(entry)
        try AtomicFile.write(directory + "/" + name, contents: contents)
        try AtomicFile.write(directory + "/" + SideCarManifest.fileName, contents: next.encoded())
        manifest = next
        logProbs.removeAll(keepingCapacity: true)
        starts = [0]
        hashes.removeAll(keepingCapacity: true)
    }

    private func shard() -> [UInt8] {
        func bytes(_ values: [some Any]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        return SafetensorsWriter(
            [
                SafetensorsWriter.Source(
                    name: SideCarShard.logProbs, elementType: .f32, shape: [logProbs.count], bytes: bytes(logProbs)),
                SafetensorsWriter.Source(
                    name: SideCarShard.starts, elementType: .i64, shape: [starts.count], bytes: bytes(starts)),
                SafetensorsWriter.Source(
                    name: SideCarShard.hashes, elementType: .u8, shape: [starts.count - 1, SHA256Digest.byteCount],
                    bytes: hashes),
            ],
            metadata: [
                "sequence_length": "\(description.sequenceLength)", "scores_fingerprint": description.scoresFingerprint,
                "tokenizer_fingerprint": description.tokenizerFingerprint,
            ]
        ).bytes()
    }

    private static func locked(_ directory: String) throws -> DirectoryLock {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw SideCarError.unwritable(path: directory, reason: error.localizedDescription)
        }
        do {
            return try DirectoryLock(directory)
        } catch {
            switch error {
            case .unwritable(let failure):
                throw SideCarError.unwritable(path: directory, reason: String(cString: strerror(failure.code)))
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
