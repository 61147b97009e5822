import Digests
import Foundation
import ScoreFiles
import Sequences
import TestSupport
import Testing

/// What a run reads, and refuses to read.
struct ScoresReaderTests {
    private let sample: Sample

    init() throws { sample = try Sample() }

    private func open(_ path: String? = nil, _ change: (inout ScoresReader) -> Void = { _ in }) throws
        -> any FiledScores
    {
        var reader = sample.reader
        change(&reader)
        return try reader.open(path ?? sample.directory.path) { _, _ in }
    }

    @Test func segmentsAreFoundByTheirIDs() throws {
        let json = try sample.write()
        for path in [json, String(json.dropLast(5)), sample.directory.file("part.npy"), sample.directory.path] {
            let scores = try open(path)
            #expect(scores.identity == Sample.identity && scores.tokenCount == 14)
            for piece in Sample.pieces {
                let found = try scores.logProbs(of: Segment.digest(of: Sample.ids[piece]))
                #expect(found?.dropFirst() == Sample.values()[piece].dropFirst() && found?.first?.isNaN == true)
            }
            #expect(try scores.logProbs(of: Segment.digest(of: [5, 6] as [Int32])) == nil)
            try scores.checkAll { _ in }
        }
    }

    @Test func aManifestStandsForItsSideCar() throws {
        let directory = sample.directory
        let manifest = try directory.write("car/manifest.json", Array("{}".utf8))
        for path in [directory.file("car"), manifest] {
            #expect(try ScoresForm(path) == .sideCar(directory: directory.file("car")))
        }
        let json = try sample.write()
        #expect(try ScoresForm(json) == .parallel([json]))
    }

    /// Which of the two a directory stands for is not guessed: they may be of two teachers. Either is read by its file's name.
    @Test func aDirectoryOfBothFormsIsRefused() throws {
        let directory = sample.directory
        let (both, manifest) = (directory.file("both"), try directory.write("both/manifest.json", Array("{}".utf8)))
        // Static weights are no log-probs: beside them the side-car alone is read.
        try directory.write("both/a.npy.weights.json", Array("{}".utf8))
        #expect(try ScoresForm(both) == .sideCar(directory: both))
        let json = try directory.write("both/a.npy.scores.json", Array("{}".utf8))
        let expected = ScoreFileError.bothForms(path: both, file: "a.npy.scores.json")
        let error = #expect(throws: expected) { try open(both) }
        #expect("\(error!)".contains("name its manifest.json or a file of numbers"), "\(error!)")
        #expect(try ScoresForm(manifest) == .sideCar(directory: both))
        #expect(try ScoresForm(json) == .parallel([json]))
    }

    /// Who checks a directory checks its weights too; who reads log-probs has none of them.
    @Test func weightsAreListedForWhoAsks() throws {
        let directory = sample.directory
        let files = try ["a.npy.scores.json", "a.npy.weights.json", "b.npy.scores.json"].map {
            try directory.write("weighed/" + $0, Array("{}".utf8))
        }
        let weighed = directory.file("weighed")
        #expect(try ScoresForm(weighed) == .parallel([files[0], files[2]]))
        #expect(try ScoresForm(weighed, listsWeights: true) == .parallel(files))
    }

    /// A sound file of another kind is not called damaged for having no digest, or another one.
    @Test(arguments: [
        (#"{"format": 2, "manifest_sha256": "0"}"#, "got none 2"),
        (#"{"form": "remit-plan", "format": 1}"#, "got remit-plan 1"),
        (#"{"form": "remit-parallel-scores", "format": 9}"#, "got remit-parallel-scores 9"),
    ])
    func aFileOfAnotherFormIsNamedAsSuch(_ text: String, _ expected: String) throws {
        let path = try sample.directory.write("other.json", Array(text.utf8))
        let error = #expect(throws: ScoreFileError.self) { try ParallelManifest(contentsOf: path) }
        #expect("\(error!)".contains("expected the form remit-parallel-scores 1, " + expected), "\(error!)")
    }

    @Test func resultsOfAPlanAreToBeMerged() throws {
        let manifest = try sample.directory.write("results/range-000000.json", Array("{}".utf8))
        for path in [sample.directory.file("results"), manifest] {
            let error = #expect(throws: ScoreFileError.unmerged(path: path)) { try open(path) }
            #expect("\(error!)".contains("python -m remit.score merge"), "\(error!)")
        }
    }

    @Test func theTokenFileMayBeInTheCorpus() throws {
        let json = try sample.write()
        let moved = try sample.directory.write("corpus/part.npy", try sample.contents("part.npy"))
        try FileManager.default.removeItem(atPath: sample.directory.file("part.npy"))
        #expect(throws: ScoreFileError.noTokens(path: json, file: "part.npy")) { try open(json) }
        #expect(try open(json) { $0.corpus = [moved] }.tokenCount == 14)
    }

    @Test func whatDoesNotBelongToTheRunIsRefused() throws {
        let json = try sample.write()
        let path = String(json.dropLast(5))
        let unit = #expect(throws: ScoreFileError.self) { try open { $0.sequenceLength = 8 } }
        #expect(unit == .otherUnit(path: path, scored: Sample.unit, run: ScoreUnit(.document, tokens: 8)))
        #expect("\(unit!)".contains("Give the run --sequence-length 4"))
        let tokenizer = #expect(throws: ScoreFileError.self) { try open { $0.tokenizerFingerprint = "other" } }
        #expect("\(tokenizer!)".contains("was made for another tokenizer"))

        try sample.change("part.npy") { $0[0] ^= 1 }
        let digest = #expect(throws: ScoreFileError.self) { try open() }
        #expect("\(digest!)".contains("is not the file that was scored"), "\(digest!)")
        try sample.change("part.npy") { $0.removeLast(2) }
        #expect(throws: ScoreFileError.self) { try open() }
        #expect(throws: ScoreFileError.noScores(path: "/nowhere")) { try open("/nowhere") }
    }

    @Test func chunksAreRefused() throws {
        try sample.write(unit: ScoreUnit(.chunk, tokens: 4))
        let error = #expect(throws: ScoreFileError.self) { try open() }
        #expect("\(error!)".contains("Score again with --unit document --sequence-length 4"), "\(error!)")
    }

    @Test func aDocumentThatTheRunClosesIsNamed() throws {
        try sample.write()
        let scores = try open { $0.endOfSequence = 8 }
        let error = try scores.missing(Segment.digest(of: [1] as [Int32]), tokens: 1)
        #expect("\(error)".contains("items 13 to 13 of"), "\(error)")
    }

    /// Rounded log-probs are no run's in 32 bits, though the teacher's fingerprints are the same.
    @Test func roundedScoresAreSaid() throws {
        let other = try Sample()
        try other.write(element: .f16)
        let fingerprint = Sample.identity.scoresFingerprint
        let rounded = try other.reader.open(other.directory.path) { _, _ in }
        #expect(rounded.isRounded && rounded.scoresFingerprint == fingerprint + " float16")
        #expect(rounded.identity == Sample.identity)
        try sample.write()
        let scores = try open()
        #expect(!scores.isRounded && scores.scoresFingerprint == fingerprint)
        // Nor do both make one teacher.
        try sample.write(element: .f16, beside: "x.npy")
        let error = #expect(throws: ScoreFileError.self) { try open() }
        #expect("\(error!)".contains("different dtype: float32 and float16"), "\(error!)")
    }

    @Test func filesOfTwoTeachersAreRefused() throws {
        try sample.write()
        let other = try Sample()
        var identity = Sample.identity
        identity.scoresFingerprint = String(repeating: "9", count: 64)
        try other.write(identity: identity)
        // Its JSON names the file beside it, which is the first one's.
        try sample.directory.write("x.npy.scores.json", try other.contents("part.npy.scores.json"))
        let error = #expect(throws: ScoreFileError.self) { try open() }
        #expect("\(error!)".contains("different scores_fingerprint"), "\(error!)")
    }
}
