import Digests

/// A teacher's log-probs of a whole corpus, on disk: looked up by what a segment's ids are, whatever it is packed with.
///
/// Shards are mapped: what is resident is what was just read. The index takes 16 bytes a segment. Contents are not hashed again here
/// (`SideCarVerification` does that); shapes and ranges are checked.
package struct SideCar: Sendable {
    private struct Place {
        /// The first eight bytes of the hash; equal ones are told apart by the rest of it, which is in the shard.
        var prefix: UInt64
        var shard: UInt32
        var segment: UInt32
    }

    package let directory: String
    package let description: SideCarDescription
    private let shards: [SideCarShard]
    private let index: [Place]  // ascending by prefix

    /// Throws where the scoring has not been finished.
    package init(_ directory: String) throws {
        let manifest = try SideCarManifest(in: directory)
        guard manifest.isComplete else {
            throw SideCarError.incomplete(
                path: directory, segments: manifest.segmentsDone, of: manifest.description.segments)
        }
        self.directory = directory
        description = manifest.description
        shards = try manifest.shards.map { try SideCarShard($0, in: directory) }
        var index: [Place] = []
        index.reserveCapacity(manifest.segmentsDone)
        for (number, shard) in shards.enumerated() {
            for segment in 0..<shard.segmentCount {
                index.append(
                    Place(prefix: Self.prefix(shard.digest(segment)), shard: UInt32(number), segment: UInt32(segment)))
            }
        }
        index.sort { ($0.prefix, $0.shard, $0.segment) < ($1.prefix, $1.shard, $1.segment) }
        self.index = index
    }

    /// nil where the segment was not scored. Complexity: logarithmic in the number of segments.
    package func logProbs(of segment: SHA256Digest) -> [Float]? {
        place(of: segment).map { shards[Int($0.shard)].logProbs(Int($0.segment)) }
    }

    package func contains(_ segment: SHA256Digest) -> Bool { place(of: segment) != nil }

    private func place(of segment: SHA256Digest) -> Place? {
        let prefix = Self.prefix(segment)
        var (low, high) = (0, index.count)
        while low < high {
            let middle = (low + high) / 2
            if index[middle].prefix < prefix { low = middle + 1 } else { high = middle }
        }
        return index[low...].prefix { $0.prefix == prefix }.first {
            shards[Int($0.shard)].digest(Int($0.segment)) == segment
        }
    }

    private static func prefix(_ digest: SHA256Digest) -> UInt64 {
        digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
