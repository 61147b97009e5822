import Checkpoints
import Digests
import LogProbs

/// Reads a whole side-car and says all that is wrong with it: manifest, each shard's SHA-256 and shapes, lengths of segments, values.
package struct SideCarVerification {
    package struct Result: Sendable {
        package var problems: [SideCarError] = []
        package var shards = 0
        package var segments = 0
        package var tokens = 0
        package var description: SideCarDescription?
    }

    private let directory: String

    package init(_ directory: String) { self.directory = directory }

    /// - Parameter onProgress: called before each shard, with its number from 0 and how many there are; what it throws ends the reading.
    package func run(onProgress: (_ shard: Int, _ of: Int) throws -> Void = { _, _ in }) throws -> Result {
        var result = Result()
        let manifest: SideCarManifest
        do {
            manifest = try SideCarManifest(in: directory)
        } catch let error as SideCarError {
            result.problems.append(error)
            return result
        }
        result.description = manifest.description
        for (number, shard) in manifest.shards.enumerated() {
            try onProgress(number, manifest.shards.count)
            check(shard, manifest.description, &result)
        }
        if !manifest.isComplete {
            result.problems.append(
                .incomplete(path: directory, segments: manifest.segmentsDone, of: manifest.description.segments))
        }
        return result
    }

    private func check(_ shard: SideCarManifest.Shard, _ description: SideCarDescription, _ result: inout Result) {
        let path = directory + "/" + shard.file
        do {
            let (digest, bytes) = try MappedFile(path: path).withBytes { bytes in
                var hasher = SHA256Hasher()
                hasher.update(bytes)
                return (hasher.finalize().hex, bytes.count)
            }
            guard digest == shard.sha256 else {
                throw SideCarError.damaged(
                    path: path,
                    reason:
                        "SHA-256 is \(digest) (\(bytes) bytes), the manifest says \(shard.sha256) (\(shard.bytes) bytes)"
                )
            }
            let contents = try SideCarShard(shard, in: directory)
            for segment in 0..<contents.segmentCount {
                try check(segment, of: contents, maxTokens: description.sequenceLength)
            }
            result.shards += 1
            result.segments += contents.segmentCount
            result.tokens += contents.tokenCount
        } catch let error as SideCarError {
            result.problems.append(error)
        } catch {
            result.problems.append(.unreadable(path: path, reason: "\(error)"))
        }
    }

    /// NaN at the first position, where nothing predicts the token; numbers of at most 0 at all others.
    private func check(_ segment: Int, of shard: SideCarShard, maxTokens: Int) throws {
        let range = shard.range(segment)
        guard range.count <= maxTokens else {
            throw SideCarError.damaged(
                path: shard.path,
                reason: "segment \(segment) has \(range.count) tokens, the sequence length is \(maxTokens)")
        }
        guard let fault = LogProbFault(in: shard.logProbs(segment)[...], documentStarts: [0]) else { return }
        if fault.isFirstOfDocument {
            throw SideCarError.damaged(
                path: shard.path,
                reason: "segment \(segment) begins with a number; its first token has no log-prob (NaN)")
        }
        throw fault.got.isFinite
            ? SideCarError.aboveZero(path: shard.path, segment: segment, position: fault.position, got: fault.got)
            : .nonFinite(path: shard.path, segment: segment, position: fault.position)
    }
}
