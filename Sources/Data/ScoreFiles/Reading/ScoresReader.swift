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
    ///   - path: a side-car's directory; a parallel file, its JSON or its token file; or a directory of parallel files.
    ///   - onProgress: called now and then with what is read and the share that is done; what it throws ends the opening.
    /// - Throws: `SideCarError`, `ScoreFileError`, `CorpusError`.
    package func open(_ path: String, onProgress: (String, Double) throws -> Void) throws -> any FiledScores {
        guard let files = try ScoresForm(path).parallelFiles else {
            let sideCar = try SideCar(path)
            try sideCar.check(tokenizer: tokenizerFingerprint, sequenceLength: sequenceLength)
            return sideCar
        }
        return try ParallelScores(path, files: files, for: self, onProgress: onProgress)
    }
}

/// Which of the two forms is at a path.
package struct ScoresForm: Sendable, Equatable {
    /// Paths of the JSONs of parallel files, in the order of their names; nil: a side-car's directory.
    package let parallelFiles: [String]?

    /// Looks at names; nothing is opened.
    ///
    /// - Throws: `ScoreFileError.noScores`.
    package init(_ path: String) throws {
        let (suffix, json) = (ParallelQuantity.logProbs.suffix, ParallelManifest.suffix)
        if FileIdentity(path)?.isDirectory == true {
            let names = (try? Directory.names(in: path)) ?? []
            let found = names.filter { $0.hasSuffix(suffix + json) }.sorted()
            let isSideCar = found.isEmpty || names.contains("manifest.json")
            parallelFiles = isSideCar ? nil : found.map { path + "/" + $0 }
            return
        }
        let candidates = [path, path + json, path + suffix + json].filter { $0.hasSuffix(json) }
        guard let found = candidates.first(where: { FileIdentity($0)?.isRegular == true }) else {
            throw ScoreFileError.noScores(path: path)
        }
        parallelFiles = [found]
    }
}
