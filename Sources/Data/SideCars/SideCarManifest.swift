import Coding
import Digests
import Foundation

/// What all log-probs of a side-car have in common: two scorings of one corpus with equal descriptions give the same bits.
package struct SideCarDescription: Sendable, Equatable, Codable {
    /// Name of the teacher, for people; scorings with other names may be continued.
    package var model: String
    /// Precision of the teacher's forward pass.
    package var precision: String
    /// The teacher's parameters and numeric configuration, by SHA-256 in hex.
    package var modelFingerprint: String
    /// The tokenizer that made the corpus's ids, by SHA-256 in hex.
    package var tokenizerFingerprint: String
    /// All that decides the bits of a log-prob beside the ids (model, precision, kernels), by SHA-256 in hex.
    package var scoresFingerprint: String
    /// The corpus that was scored, by SHA-256 in hex. A run on just this corpus needs no look-up to know that all segments are here.
    package var corpusFingerprint: String
    /// Most tokens of a segment: documents were cut at multiples of it from their own start.
    package var sequenceLength: Int
    /// Segments that the whole corpus has, whether they are scored yet or not.
    package var segments: Int
    /// Tokens that the segments of the whole corpus have, whether they are scored yet or not.
    package var tokens: Int

    package init(
        model: String, precision: String, modelFingerprint: String, tokenizerFingerprint: String,
        scoresFingerprint: String, corpusFingerprint: String, sequenceLength: Int, segments: Int, tokens: Int
    ) {
        self.model = model
        self.precision = precision
        self.modelFingerprint = modelFingerprint
        self.tokenizerFingerprint = tokenizerFingerprint
        self.scoresFingerprint = scoresFingerprint
        self.corpusFingerprint = corpusFingerprint
        self.sequenceLength = sequenceLength
        self.segments = segments
        self.tokens = tokens
    }
}

/// `manifest.json` of a side-car directory. Written anew, atomically, behind each shard.
///
/// The lengths of the segments and the hashes of their ids stand in the shards, beside the log-probs: a manifest that listed them would
/// grow with the corpus, and had to be rewritten whole each time.
struct SideCarManifest: Sendable, Equatable, Codable {
    static let fileName = "manifest.json"
    /// The first had no digest of its own.
    static let (firstFormat, currentFormat) = (1, 2)

    struct Shard: Sendable, Equatable, Codable {
        var file: String
        var sha256: String
        var bytes: Int
        var segments: Int
        var tokens: Int
    }

    private(set) var format = Self.currentFormat
    /// SHA-256 of all the other fields, in the form that `encoded` writes.
    private var manifestSha256: String?
    var description: SideCarDescription
    var shards: [Shard] = []

    var segmentsDone: Int { shards.reduce(0) { $0 + $1.segments } }
    var tokensDone: Int { shards.reduce(0) { $0 + $1.tokens } }
    var isComplete: Bool { segmentsDone == description.segments && tokensDone == description.tokens }

    init(_ description: SideCarDescription) { self.description = description }

    /// The manifest of a directory; nil where there is none.
    init?(ifIn directory: String) throws {
        guard FileManager.default.fileExists(atPath: directory + "/" + Self.fileName) else { return nil }
        try self.init(in: directory)
    }

    init(in directory: String) throws {
        let path = directory + "/" + Self.fileName
        let contents: Data
        do {
            contents = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw SideCarError.unreadable(path: path, reason: "is \(directory) what remit-server score wrote?")
        }
        do {
            self = try StateCoding.description.value(from: contents)
        } catch {
            throw SideCarError.damaged(path: path, reason: "\(error)")
        }
        try check(path)
    }

    func encoded() throws -> [UInt8] {
        var signed = self
        signed.format = Self.currentFormat
        signed.manifestSha256 = try signed.digest().hex
        return try StateCoding.description.line(signed)
    }

    private func digest() throws -> SHA256Digest {
        var unsigned = self
        unsigned.manifestSha256 = nil
        return SHA256Hasher.digest(try StateCoding.description.bytes(unsigned))
    }

    /// Numbers that no writer makes would be added up later.
    private func check(_ path: String) throws {
        func require(_ holds: Bool, _ reason: String) throws {
            guard holds else { throw SideCarError.damaged(path: path, reason: reason) }
        }
        try require(
            format == Self.firstFormat || format == Self.currentFormat,
            "format \(format), this program reads \(Self.firstFormat) and \(Self.currentFormat)")
        if format != Self.firstFormat {
            let digest = try digest().hex
            try require(
                manifestSha256 == digest,
                "the SHA-256 of its fields is \(digest), it says \(manifestSha256 ?? "nothing")")
        }
        let sizes = [description.segments, description.tokens] + shards.flatMap { [$0.segments, $0.tokens, $0.bytes] }
        try require(
            sizes.allSatisfy { (0...1 << 52).contains($0) }, "a negative or absurd number of segments, tokens or bytes")
        try require(description.sequenceLength >= 2, "sequence_length \(description.sequenceLength)")
        for shard in shards {
            try require(
                !shard.file.contains("/") && shard.file.hasSuffix(".safetensors"),
                "the shard '\(shard.file.prefix(80))' is not a .safetensors file beside it")
        }
        try require(Set(shards.map(\.file)).count == shards.count, "a shard is listed twice")
    }
}
