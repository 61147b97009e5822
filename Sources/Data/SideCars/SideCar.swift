import Digests

/// A teacher's log-probs of a whole corpus, on disk: looked up by what a segment's ids are, whatever it is packed with.
///
/// A shard is hashed and compared with the manifest when the first of its segments is asked for, and again when its file is no longer
/// the same. Opening reads the hashes of the segments; the index of them takes 16 bytes a segment.
package struct SideCar: Sendable {
    private struct Place {
        /// The first eight bytes of the hash; equal ones are told apart by the rest of it, which is in the shard.
        var prefix: UInt64
        var shard: UInt32
        var segment: UInt32
    }

    /// Name of the file that says what a side-car holds, in its directory.
    package static let manifestName = SideCarManifest.fileName
    /// Path of the side-car, as given.
    package let directory: String
    /// What all its log-probs have in common, as the manifest says.
    package let description: SideCarDescription
    private let shards: [SideCarShard]
    private let index: [Place]  // ascending by prefix

    /// Opens a finished side-car and reads the hashes of its segments.
    ///
    /// - Throws: `SideCarError`: `.incomplete` where the scoring has not been finished, `.unreadable` or `.damaged` for the manifest,
    ///   `.damagedShard` where a shard's hashes cannot be read.
    package init(_ directory: String) throws {
        let manifest = try SideCarManifest(in: directory)
        guard manifest.isComplete else {
            throw SideCarError.incomplete(
                path: directory, segments: manifest.segmentsDone, of: manifest.description.segments)
        }
        self.directory = directory
        description = manifest.description
        shards = manifest.shards.map { SideCarShard($0, in: directory) }
        var index: [Place] = []
        index.reserveCapacity(manifest.segmentsDone)
        for (number, shard) in shards.enumerated() {
            for (segment, digest) in try shard.uncheckedDigests().enumerated() {
                index.append(
                    Place(prefix: Self.prefix(digest), shard: UInt32(number), segment: UInt32(segment)))
            }
        }
        index.sort { ($0.prefix, $0.shard, $0.segment) < ($1.prefix, $1.shard, $1.segment) }
        self.index = index
    }

    /// Natural log-probs of a segment's tokens, NaN at the first; nil where the segment was not scored. [T]
    ///
    /// - Parameter segment: `Segment.digest(of:)` of its ids.
    /// - Throws: `SideCarError.damagedShard` where the shard is not the one that was written.
    /// - Complexity: logarithmic in the number of segments, and the length of a shard that is read for the first time.
    package func logProbs(of segment: SHA256Digest) throws -> [Float]? {
        for place in places(of: segment) {
            if let found = try shards[Int(place.shard)].logProbs(Int(place.segment), of: segment) { return found }
        }
        return nil
    }

    /// Whether a shard says that it has the segment. The shard is not hashed.
    package func claims(_ segment: SHA256Digest) throws -> Bool {
        try places(of: segment).contains { try shards[Int($0.shard)].claims(segment, at: Int($0.segment)) }
    }

    /// Reads all shards and throws `SideCarError.damagedShard` for the first that is not the one that was written.
    ///
    /// - Parameter onProgress: called before each shard, with its number from 0 and how many there are; what it throws ends the check.
    package func checkShards(onProgress: (_ shard: Int, _ of: Int) throws -> Void = { _, _ in }) throws {
        for (number, shard) in shards.enumerated() {
            try onProgress(number, shards.count)
            try shard.check()
        }
    }

    /// Files that the log-probs are spread over.
    package var shardCount: Int { shards.count }

    /// Places with the hash's first eight bytes: the segment's, rarely another's too.
    private func places(of segment: SHA256Digest) -> some Sequence<Place> {
        let prefix = Self.prefix(segment)
        var (low, high) = (0, index.count)
        while low < high {
            let middle = (low + high) / 2
            if index[middle].prefix < prefix { low = middle + 1 } else { high = middle }
        }
        return index[low...].prefix { $0.prefix == prefix }
    }

    private static func prefix(_ digest: SHA256Digest) -> UInt64 {
        digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
