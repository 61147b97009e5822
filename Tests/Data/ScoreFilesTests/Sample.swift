import Corpora
import Foundation
import ScoreFiles
import Sequences
import TestSupport

/// A small token file, and its numbers, as the package in Python has them in its own tests.
struct Sample {
    static let ids: [Int32] = [5, 6, 7, 0, 8, 9, 0, 3, 4, 5, 6, 7, 8, 0]
    static let end: Int32 = 0
    static let unit = ScoreUnit(.document, tokens: 4)
    static let pieces = [0..<4, 4..<7, 7..<11, 11..<14]
    static let identity = ScoresIdentity(
        model: "a \"teacher\" \u{7F}\u{E9}", precision: "f32", modelFingerprint: String(repeating: "1", count: 64),
        tokenizerFingerprint: String(repeating: "2", count: 64), scoresFingerprint: String(repeating: "3", count: 64))
    static let sha256 = "6ea015382e357b15c6645df320c46abe9a502ef463f6906a70dc7e742f52b5fc"

    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("part.npy", Self.bytes(Self.ids))
    }

    static func bytes(_ ids: [Int32]) -> [UInt8] { ids.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }

    var tokens: TokenItems { get throws { try TokenItems(directory.file("part.npy"), bareElement: .uint16) } }

    static func values(_ pieces: [Range<Int>] = pieces) -> [Float] {
        pieces.flatMap { piece in
            [Float.nan] + ids[piece].dropFirst().map { $0 == 0 ? -0.5 : -Float($0) / 4 }
        }
    }

    /// Writes the numbers beside the token file; the path of the JSON.
    @discardableResult
    func write(
        _ values: [Float] = values(), element: ScoreElement = .f32, unit: ScoreUnit = unit,
        identity: ScoresIdentity = identity, quantity: ParallelQuantity = .logProbs, beside tokens: String = "part.npy"
    ) throws -> String {
        let writer = try ParallelWriter(
            in: directory.path, quantity, of: identity, unit: unit,
            tokens: ParallelManifest.Tokens(file: tokens, items: 14, element: "uint16", sha256: Self.sha256),
            element: element)
        try writer.append(values.prefix(5))
        try writer.append(values.dropFirst(5))
        return try writer.finish()
    }

    /// What a run that these numbers are for says of itself.
    var reader: ScoresReader {
        ScoresReader(
            tokenizerFingerprint: Self.identity.tokenizerFingerprint, sequenceLength: 4, endOfSequence: Self.end,
            corpus: [])
    }

    func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: directory.file(name))) }

    func change(_ name: String, _ body: (inout Data) -> Void) throws {
        var data = try contents(name)
        body(&data)
        try data.write(to: URL(fileURLWithPath: directory.file(name)))
    }
}
