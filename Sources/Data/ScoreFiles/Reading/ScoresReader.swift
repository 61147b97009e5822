import SideCars
import System

/// A run that reads scores: what must agree with them.
package struct ScoresReader: Sendable {
    /// Fingerprint of the student's tokenizer, in hex.
    package var tokenizerFingerprint: String
    /// Documents are cut at multiples of so many tokens.
    package var sequenceLength: Int
    /// Id that closes each document; nil: none does.
    package var endOfSequence: Int32?
    /// Files of the run's corpus: a token file that is not beside its numbers may be among them.
    package var corpus: [String]

    package init(tokenizerFingerprint: String, sequenceLength: Int, endOfSequence: Int32?, corpus: [String]) {
        self.tokenizerFingerprint = tokenizerFingerprint
        self.sequenceLength = sequenceLength
        self.endOfSequence = endOfSequence
        self.corpus = corpus
    }

    /// Opens scores of either form, once they agree with the run.
    ///
    /// - Parameters:
    ///   - path: a side-car's directory or its manifest.json; a parallel file, its JSON or its token file; or a directory of parallel files.
    ///   - onProgress: called now and then with what is read and the share that is done; what it throws ends the opening.
    /// - Throws: `SideCarError`, `ScoreFileError`, `CorpusError`.
    package func open(_ path: String, onProgress: (String, Double) throws -> Void) throws -> any FiledScores {
        switch try ScoresForm(path) {
        case .sideCar(let directory):
            let sideCar = try SideCar(directory)
            try sideCar.check(tokenizer: tokenizerFingerprint, sequenceLength: sequenceLength)
            return sideCar
        case .parallel(let files): return try ParallelScores(path, files: files, for: self, onProgress: onProgress)
        }
    }
}
