import Sequences

/// Reads a whole side-car and says all that is wrong with it: manifest, each shard's SHA-256 and shapes, lengths of segments, values.
package struct SideCarVerification {
    /// What a whole reading found.
    package struct Result: Sendable {
        /// Everything that is wrong, in the order of the reading; empty for a sound and complete side-car. One problem at most a
        /// shard.
        package var problems: [SideCarError] = []
        /// Sound shards. Damaged ones count neither here nor in segments and tokens.
        package var shards = 0
        /// Segments of the sound shards.
        package var segments = 0
        /// Tokens of the sound shards.
        package var tokens = 0
        /// What the manifest says of the log-probs; nil where it cannot be read.
        package var description: SideCarDescription?
    }

    private let directory: String

    package init(_ directory: String) { self.directory = directory }

    /// Reads manifest and shards to the end. What is wrong is in the result; only what `onProgress` throws is thrown.
    ///
    /// - Parameter onProgress: called before each shard, with its number from 0 and how many there are; what it throws ends the
    ///   reading.
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
        let shard = SideCarShard(shard, in: directory)
        do {
            let contents = try shard.contents()
            for segment in 0..<contents.segmentCount {
                try check(segment, of: contents, in: shard.path, maxTokens: description.sequenceLength)
            }
            result.shards += 1
            result.segments += contents.segmentCount
            result.tokens += contents.tokenCount
        } catch let error as SideCarError {
            result.problems.append(error)
        } catch {
            result.problems.append(.unreadable(path: shard.path, reason: "\(error)"))
        }
    }

    /// NaN at the first position, where nothing predicts the token; numbers of at most 0 at all others.
    private func check(
        _ segment: Int, of shard: SideCarShardContents, in path: String, maxTokens: Int
    ) throws {
        let values = shard.logProbs(segment)
        guard values.count <= maxTokens else {
            throw SideCarError.damaged(
                path: path, reason: "segment \(segment) has \(values.count) tokens, the sequence length is \(maxTokens)"
            )
        }
        guard let fault = LogProbFault(ofSegment: values) else { return }
        if fault.isFirstOfDocument {
            throw SideCarError.damaged(
                path: path, reason: "segment \(segment) begins with a number; its first token has no log-prob (NaN)")
        }
        throw fault.got.isFinite
            ? SideCarError.aboveZero(path: path, segment: segment, position: fault.position, got: fault.got)
            : .nonFinite(path: path, segment: segment, position: fault.position)
    }
}
