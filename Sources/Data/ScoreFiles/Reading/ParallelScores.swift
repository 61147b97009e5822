import Corpora
import Digests
import Sequences
import System

/// Parallel files that a run of remit-trainer looks segments up in. Opening reads the token files: each is compared with the digest of the
/// scoring, and cut into the segments that a run makes of it. The index takes 32 bytes a segment.
package struct ParallelScores: FiledScores {
    private struct Place {
        /// The first sixteen bytes of the SHA-256 of a segment's ids: enough to tell all segments of all corpora apart.
        var key: (UInt64, UInt64)
        var start: Int
        var file: UInt32
        var count: UInt32
    }

    /// Path as it was given.
    package let path: String
    /// The teacher of all files.
    package let identity: ScoresIdentity
    private let files: [ParallelFile]
    private let places: [Place]  // ascending by key
    /// Token files whose last document is not closed by the run's end of sequence, and documents that an index left so.
    private let unclosed: String?
    /// Whether every item that can have a number has one.
    private let isWhole: Bool

    package var isRounded: Bool { files.contains { $0.manifest.element == .f16 } }
    package var tokenCount: Int { files.reduce(0) { $0 + $1.manifest.tokens.items } }
    package var extent: String { files.count == 1 ? "1 file" : "\(files.count) files" }

    /// Opens parallel files for a run.
    ///
    /// - Parameter files: paths of their JSONs, at least one.
    /// - Throws: `ScoreFileError`, `CorpusError`.
    init(
        _ path: String, files jsons: [String], for reader: ScoresReader, onProgress: (String, Double) throws -> Void
    ) throws {
        let files = try jsons.map { try ParallelFile($0) }
        identity = try Self.check(files, for: reader)
        var (places, scored): ([Place], Int) = ([], 0)
        var unclosed: String?
        for (number, file) in files.enumerated() {
            let tokens = try Self.tokens(of: file, json: jsons[number], for: reader)
            func progress(_ share: Double) throws { try onProgress(tokens.path, share) }
            let digest = try tokens.digest { try progress($0 / 2) }.hex
            guard digest == file.manifest.tokens.sha256 else {
                throw ScoreFileError.otherTokens(
                    path: jsons[number], tokens: tokens.path, expected: file.manifest.tokens.sha256, got: digest)
            }
            var told = 0
            try tokens.forEachDocument(in: 0..<tokens.count, end: reader.endOfSequence) { document in
                if document.lowerBound - told > 1 << 20 {
                    try progress(0.5 + Double(document.lowerBound) / Double(2 * max(1, tokens.count)))
                    told = document.lowerBound
                }
                // Without an index every document but the last is one because it is closed.
                if unclosed == nil, tokens.hasIndex || document.upperBound == tokens.count {
                    unclosed = try Self.unclosed(document, in: tokens, end: reader.endOfSequence)
                }
                for piece in file.manifest.unit.pieces(document) where piece.count > 1 {
                    let ids = try tokens.ids(piece)
                    places.append(
                        Place(
                            key: Self.key(Segment.digest(of: ids)), start: piece.lowerBound, file: UInt32(number),
                            count: UInt32(piece.count)))
                    scored += piece.count - 1
                }
            }
        }
        places.sort { $0.key < $1.key }
        self.path = path
        self.files = files
        self.places = places
        self.unclosed = unclosed
        isWhole = scored == files.reduce(0) { $0 + $1.manifest.scoredItems }
    }

    package func logProbs(of segment: SHA256Digest) throws -> [Float]? {
        guard let place = place(of: segment) else { return nil }
        let values = try files[Int(place.file)].values(place.start..<place.start + Int(place.count))
        return values.allSatisfy(\.isNaN) ? nil : values
    }

    package func missing(_ segment: SHA256Digest, tokens: Int) -> any Error {
        ScoreFileError.missingSegment(path: path, tokens: tokens, hash: segment.hex, unclosed: unclosed)
    }

    package func impossible(_ segment: SHA256Digest, _ fault: LogProbFault) -> any Error {
        guard let place = place(of: segment) else { return missing(segment, tokens: 0) }
        return ScoreFileError.impossible(
            path: files[Int(place.file)].path, item: place.start + fault.position, expected: fault.expected,
            got: fault.got)
    }

    package func checkCovers(_ corpus: Corpus, onProgress: (Double) throws -> Void) throws {
        let total = corpus.sources.reduce(0) { $0 + $1.tokens.summary.tokens }
        var (tokens, number) = (0, 0)
        for segment in corpus.segments {
            if number % 1024 == 0 { try onProgress(Double(tokens) / Double(max(1, total))) }
            let digest = Segment.digest(of: try corpus.tokenIDs(segment))
            guard place(of: digest) != nil, try isWhole || logProbs(of: digest) != nil else {
                throw missing(digest, tokens: segment.tokenCount)
            }
            tokens += segment.tokenCount
            number += 1
        }
    }

    package func checkAll(onProgress: (String) throws -> Void) throws {
        for file in files {
            try file.verify { try onProgress("\(file.path): \(Int(100 * $0)) %") }
        }
    }

    private static func unclosed(_ document: Range<Int>, in tokens: TokenItems, end: Int32?) throws -> String? {
        guard let end, try tokens.ids(document.upperBound - 1..<document.upperBound) != [end] else { return nil }
        return
            "The document at items \(document.lowerBound) to \(document.upperBound - 1) of \(tokens.path) is not closed by the end "
            + "of sequence \(end): a run adds it, and no number stands beside it. Write the token files with \(end) behind each document "
            + "(Megatron: --append-eod), and score them again"
    }

    private func place(of segment: SHA256Digest) -> Place? {
        let key = Self.key(segment)
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low].key == key ? places[low] : nil
    }

    private static func key(_ digest: SHA256Digest) -> (UInt64, UInt64) {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return (word(digest.bytes[..<8]), word(digest.bytes[8..<16]))
    }

    /// What can be told from the JSONs alone.
    private static func check(_ files: [ParallelFile], for reader: ScoresReader) throws -> ScoresIdentity {
        let first = files[0].manifest
        for file in files {
            let manifest = file.manifest
            guard manifest.quantity == .logProbs else {
                throw ScoreFileError.otherQuantity(path: file.path, got: manifest.quantity.name)
            }
            if let found = first.identity.difference(manifest.identity) {
                throw ScoreFileError.filesDiffer(
                    path: files[0].path, other: file.path, what: found.what, was: found.own, now: found.other)
            }
            guard manifest.element == first.element else {
                throw ScoreFileError.filesDiffer(
                    path: files[0].path, other: file.path, what: "dtype", was: first.element.numpyName,
                    now: manifest.element.numpyName)
            }
            let wanted = ScoreUnit(.document, tokens: reader.sequenceLength)
            guard manifest.unit == wanted else {
                throw ScoreFileError.otherUnit(path: file.path, scored: manifest.unit, run: wanted)
            }
        }
        guard first.identity.tokenizerFingerprint == reader.tokenizerFingerprint else {
            throw ScoreFileError.mismatch(
                path: files[0].path, what: "tokenizer", scores: first.identity.tokenizerFingerprint,
                run: reader.tokenizerFingerprint,
                hint:
                    "Token weights need one tokenizer; score the corpus with a teacher of the student's lineage. Scores of another "
                    + "engine have remit-server's fingerprints where they were planned with --pins")
        }
        return first.identity
    }

    /// The token file: beside the numbers, or among the run's corpus.
    private static func tokens(of file: ParallelFile, json: String, for reader: ScoresReader) throws -> TokenItems {
        let wanted = file.manifest.tokens
        let folder = json.lastIndex(of: "/").map { String(json[...$0]) } ?? ""
        let named = (reader.corpus + reader.corpus.map { String($0.dropLast(3)) + "bin" }).filter {
            $0.split(separator: "/").last.map(String.init) == wanted.file
        }
        let path = ([folder + wanted.file] + named).first { FileIdentity($0)?.isRegular == true }
        guard let path else { throw ScoreFileError.noTokens(path: json, file: wanted.file) }
        let tokens = try TokenItems(path, bareElement: TokenElement(numpyName: wanted.element))
        guard tokens.count == wanted.items else {
            throw ScoreFileError.changedTokens(
                path: tokens.path, what: "number of items", planned: "\(wanted.items)", got: "\(tokens.count)")
        }
        return tokens
    }
}
