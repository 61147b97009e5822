import Corpora
import Digests
import Sequences

extension SideCar {
    /// Throws `SideCarError.mismatch` unless the side-car was made with the run's tokenizer and sequence length.
    ///
    /// - Parameter tokenizer: the tokenizer fingerprint of the run's student, in hex.
    package func check(tokenizer: String, sequenceLength: Int) throws {
        guard description.tokenizerFingerprint == tokenizer else {
            throw SideCarError.mismatch(
                path: directory, what: "tokenizer", sideCar: description.tokenizerFingerprint, run: tokenizer,
                hint: "Token weights need one tokenizer; score the corpus with a teacher of the student's lineage")
        }
        guard description.sequenceLength == sequenceLength else {
            throw SideCarError.mismatch(
                path: directory, what: "--sequence-length", sideCar: "\(description.sequenceLength)",
                run: "\(sequenceLength)", hint: "Documents are cut at multiples of it; give the run the side-car's")
        }
    }

    /// Throws where a segment of the corpus has no log-probs. Nothing is read where the whole corpus is the one that was scored;
    /// otherwise (a part of it, a mix of several) every segment is looked up.
    ///
    /// - Parameter onProgress: called now and then with the share that is done; what it throws ends the check.
    package func checkCovers(_ corpus: Corpus, onProgress: (Double) throws -> Void = { _ in }) throws {
        guard corpus.fingerprint.hex != description.corpusFingerprint else { return }
        let total = corpus.sources.reduce(0) { $0 + $1.tokens.summary.tokens }
        var (tokens, number) = (0, 0)
        for segment in corpus.segments {
            if number % 1024 == 0 { try onProgress(Double(tokens) / Double(max(1, total))) }
            let digest = Segment.digest(of: try corpus.tokenIDs(segment))
            guard try claims(digest) else { throw try missing(digest, tokens: segment.tokenCount) }
            tokens += segment.tokenCount
            number += 1
        }
    }

    /// The error for a segment that was not found: of a corpus that was not scored, unless a damaged shard hides it, which is thrown.
    package func missing(_ segment: SHA256Digest, tokens: Int) throws -> any Error {
        try checkShards()
        return SideCarError.missingSegment(path: directory, tokens: tokens, hash: segment.hex)
    }
}
