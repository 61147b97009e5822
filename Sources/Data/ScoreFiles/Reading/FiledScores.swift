import Corpora
import Digests
import Sequences
import SideCars

/// A teacher's log-probs on disk, in either form, looked up by what a segment's ids are.
package protocol FiledScores: Sendable {
    /// Path as it was given.
    var path: String { get }
    /// The teacher.
    var identity: ScoresIdentity { get }
    /// Whether log-probs were rounded to 16 bits when they were written: -10 may be off by 0.004, which the identity does not say.
    var isRounded: Bool { get }
    /// Tokens that have a place in the files.
    var tokenCount: Int { get }
    /// What the files are, for people: `3 shards`.
    var extent: String { get }
    /// Natural log-probs of a segment's tokens, NaN at the first; nil where the segment was not scored. [T]
    ///
    /// - Parameter segment: `Segment.digest(of:)` of its ids.
    func logProbs(of segment: SHA256Digest) throws -> [Float]?
    /// The error for a segment that was not found, or damage that hides it, which is thrown.
    func missing(_ segment: SHA256Digest, tokens: Int) throws -> any Error
    /// The error for numbers of a segment that no log-probs can be.
    func impossible(_ segment: SHA256Digest, _ fault: LogProbFault) -> any Error
    /// Throws where a segment of the corpus has no log-probs.
    ///
    /// - Parameter onProgress: called now and then with the share that is done; what it throws ends the check.
    func checkCovers(_ corpus: Corpus, onProgress: (Double) throws -> Void) throws
    /// Reads all of it and throws for the first thing that is not as it was written.
    ///
    /// - Parameter onProgress: called now and then with what is read in words; what it throws ends the reading.
    func checkAll(onProgress: (String) throws -> Void) throws
}

extension FiledScores {
    /// The identity's scores fingerprint as a run keeps it: with ` float16` behind it where log-probs are rounded, so that they do not count
    /// as those of a server or of files in 32 bits.
    package var scoresFingerprint: String {
        identity.scoresFingerprint + (isRounded ? " " + ScoreElement.f16.numpyName : "")
    }
}

extension SideCar: FiledScores {
    package var path: String { directory }
    package var isRounded: Bool { false }
    package var tokenCount: Int { description.tokens }
    package var extent: String { "\(shardCount) shards" }

    package var identity: ScoresIdentity {
        ScoresIdentity(
            model: description.model, precision: description.precision, modelFingerprint: description.modelFingerprint,
            tokenizerFingerprint: description.tokenizerFingerprint, scoresFingerprint: description.scoresFingerprint)
    }

    package func impossible(_ segment: SHA256Digest, _ fault: LogProbFault) -> any Error {
        SideCarError.impossibleLogProb(path: directory, hash: segment.hex, fault)
    }

    package func checkAll(onProgress: (String) throws -> Void) throws {
        try checkShards { try onProgress("shard \($0 + 1) of \($1)") }
    }
}
