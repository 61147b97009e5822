import Checkpoints
import Digests
import Sequences
import System

/// One file of a side-car.
///
/// safetensors with `logprobs` F32 [tokens] (NaN at each segment's first), `segment_starts` I64 [segments + 1] and `segment_sha256` U8
/// [segments, 32]: the SHA-256 of each segment's ids as little-endian 32-bit words. Segments are in the order of the corpus.
///
/// Nothing that a run trains on is read before the whole file has the digest of the manifest. That is remembered for as long as the
/// file is the same and nobody wrote to it.
struct SideCarShard: Sendable {
    static let (logProbs, starts, hashes) = ("logprobs", "segment_starts", "segment_sha256")

    /// A file with the manifest's bytes.
    private struct Checked: Sendable {
        var state: FileState
        var layout: Layout
    }

    let path: String
    var segmentCount: Int { entry.segments }
    var tokenCount: Int { entry.tokens }
    private let entry: SideCarManifest.Shard
    private let checked = Locked<Checked?>(nil)

    /// Opens nothing.
    init(_ entry: SideCarManifest.Shard, in directory: String) {
        self.entry = entry
        path = directory + "/" + entry.file
    }

    /// The hashes of the segments as they stand in the file, which need not be whole: what is found by them is checked.
    func uncheckedDigests() throws -> [SHA256Digest] {
        try reading { file in
            try digests(file, Layout(file, entry))
        }
    }

    /// Whether the file says at this place that it has the segment; it need not be whole.
    func claims(_ digest: SHA256Digest, at segment: Int) throws -> Bool {
        try reading { file in
            let layout = try checked.withLock { $0?.layout } ?? Layout(file, entry)
            return try file.bytes(layout.digest(segment)) == digest.bytes
        }
    }

    /// Throws unless the file is the one that the manifest names, byte for byte.
    func check() throws {
        try reading { _ = try check($0) }
    }

    /// A segment's log-probs; nil where another segment stands there. The file is checked where it has not been.
    func logProbs(_ segment: Int, of digest: SHA256Digest) throws -> [Float]? {
        try reading { file in
            let checked = try check(file)
            guard try file.bytes(checked.layout.digest(segment)) == digest.bytes else { return nil }
            let starts = try Self.starts(file.bytes(checked.layout.startPair(segment)))
            let values = try Self.floats(file.bytes(checked.layout.logProbs(Int(starts[0])..<Int(starts[1]))))
            try requireUnchanged(file, checked.state)
            return values
        }
    }

    /// Everything in a file that was checked.
    func contents() throws -> SideCarShardContents {
        try reading { file in
            let checked = try check(file)
            let contents = SideCarShardContents(
                logProbs: Self.floats(try file.bytes(checked.layout.logProbs(0..<tokenCount))),
                starts: Self.starts(try file.bytes(checked.layout.starts)),
                hashes: try file.bytes(checked.layout.hashes))
            try requireUnchanged(file, checked.state)
            return contents
        }
    }

    private func check(_ file: OpenFile) throws -> Checked {
        let state = try file.state()
        if let known = checked.withLock({ $0 }), known.state == state { return known }
        guard state.byteCount == entry.bytes else {
            throw damaged("it has \(state.byteCount) bytes, the manifest says \(entry.bytes)")
        }
        let digest = try file.digest(of: 0..<state.byteCount).hex
        guard digest == entry.sha256 else {
            throw damaged("its SHA-256 is \(digest), the manifest says \(entry.sha256)")
        }
        let layout = try Layout(file, entry)
        let starts = Self.starts(try file.bytes(layout.starts))
        guard let spans = try? Spans(boundaries: starts.map { Int($0) }), spans.tokenCount == tokenCount else {
            throw damaged("segment_starts must increase from 0 to \(tokenCount), the number of log-probs")
        }
        try requireUnchanged(file, state)
        let found = Checked(state: state, layout: layout)
        checked.withLock { $0 = state.isSettled ? found : nil }
        return found
    }

    private func requireUnchanged(_ file: OpenFile, _ state: FileState) throws {
        guard try file.state() == state else { throw damaged("somebody wrote to it while it was read") }
    }

    /// What goes wrong with the file itself, a missing one among it, is damage too.
    private func reading<Result>(_ body: (OpenFile) throws -> Result) throws -> Result {
        do {
            return try body(OpenFile(path: path))
        } catch let error as SideCarError {
            throw error
        } catch {
            throw damaged("\(error)")
        }
    }

    private func damaged(_ reason: String) -> SideCarError { .damagedShard(path: path, reason: reason) }

    private func digests(_ file: OpenFile, _ layout: Layout) throws -> [SHA256Digest] {
        let bytes = try file.bytes(layout.hashes)
        return stride(from: 0, to: bytes.count, by: SHA256Digest.byteCount).map {
            SHA256Digest(bytes: Array(bytes[$0..<$0 + SHA256Digest.byteCount]))
        }
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }

    private static func starts(_ bytes: [UInt8]) -> [Int64] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self))
            }
        }
    }
}

/// Where things stand in a shard's file: proved to lie within it and to have the sizes that the manifest says.
private struct Layout: Sendable {
    let starts: Range<Int>
    let hashes: Range<Int>
    private let logProbs: Range<Int>

    init(_ file: OpenFile, _ shard: SideCarManifest.Shard) throws {
        let header = try SafetensorsHeader(reading: file)
        func range(_ name: String, _ type: ElementType, _ shape: [Int]) throws -> Range<Int> {
            guard let entry = header.entry(name), entry.elementType == type, entry.shape == shape else {
                throw SideCarError.damagedShard(
                    path: file.path,
                    reason: "expected \(name) of shape \(shape) in \(type.rawValue), as the manifest says")
            }
            return header.dataOffset + entry.byteRange.lowerBound..<header.dataOffset + entry.byteRange.upperBound
        }
        logProbs = try range(SideCarShard.logProbs, .f32, [shard.tokens])
        starts = try range(SideCarShard.starts, .i64, [shard.segments + 1])
        hashes = try range(SideCarShard.hashes, .u8, [shard.segments, SHA256Digest.byteCount])
    }

    /// A segment's start and the next one's.
    func startPair(_ segment: Int) -> Range<Int> {
        starts.lowerBound + 8 * segment..<starts.lowerBound + 8 * segment + 16
    }

    func digest(_ segment: Int) -> Range<Int> {
        let start = hashes.lowerBound + segment * SHA256Digest.byteCount
        return start..<start + SHA256Digest.byteCount
    }

    func logProbs(_ tokens: Range<Int>) -> Range<Int> {
        logProbs.lowerBound + 4 * tokens.lowerBound..<logProbs.lowerBound + 4 * tokens.upperBound
    }
}
