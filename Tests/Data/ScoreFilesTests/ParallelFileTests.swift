import Foundation
import ScoreFiles
import TestSupport
import Testing

struct ParallelFileTests {
    /// `remit.scores.write_parallel` writes these very bytes of the same numbers: the digests are its own.
    @Test(arguments: [
        (ScoreElement.f32, "3e2863ea5e3c2992f50ba1ff186c227a70135bc1358df15244f4d2c1aa00a442"),
        (.f16, "26aeae8c5c5803d6e81653cadcdf41f841c569d9b1b6a8f62e930881f553ddac"),
    ])
    func theBytesArePythons(element: ScoreElement, digest: String) throws {
        let sample = try Sample()
        let json = try sample.write(element: element)
        let text = String(decoding: try sample.contents("part.npy.scores.json"), as: UTF8.self)
        #expect(text.contains("\"manifest_sha256\":\"\(digest)\""), "\(text)")
        #expect(text.contains("\"model\":\"a \\\"teacher\\\" \u{7F}\u{E9}\"") && text.hasSuffix("}}\n"))

        let file = try ParallelFile(json)
        #expect(file.manifest.scoredItems == 10 && file.manifest.unit == Sample.unit)
        #expect(file.manifest.identity == Sample.identity && file.manifest.quantity == .logProbs)
        let expected = Sample.values()
        let found = try file.values(0..<14)
        #expect(zip(found, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        #expect(try file.values(4..<7).dropFirst() == expected[5..<7])
        try file.verify()
    }

    @Test func weightsSayWhatTheyWereMadeOf() throws {
        let sample = try Sample()
        let made = ParallelQuantity.StaticWeighting(
            base: "base", baseModelFingerprint: String(repeating: "4", count: 64),
            baseScoresFingerprint: String(repeating: "5", count: 64), epsilon: 0.2)
        let values = Sample.values().map { $0.isNaN ? $0 : 1.2 }
        let json = try sample.write(values, element: .f16, quantity: .weights(made))
        #expect(json.hasSuffix("/part.npy.weights.json"))
        let file = try ParallelFile(json)
        #expect(file.manifest.quantity == .weights(made))
        try file.verify()
        // A run takes log-probs.
        #expect(throws: ScoreFileError.noScores(path: sample.directory.file("part.npy"))) {
            try sample.reader.open(sample.directory.file("part.npy")) { _, _ in }
        }
        #expect(throws: ScoreFileError.otherQuantity(path: file.path, got: "weights")) {
            try sample.reader.open(json) { _, _ in }
        }
    }

    @Test func numbersThatNoLogProbCanBeAreNotWritten() throws {
        let sample = try Sample()
        for (place, value, element) in [(5, Float(0.5), ScoreElement.f32), (6, -.infinity, .f32), (13, -70_000, .f16)] {
            var values = Sample.values()
            values[place] = value
            let error = #expect(throws: ScoreFileError.self) { try sample.write(values, element: element) }
            #expect("\(error!)".contains("item \(place): "), "\(error!)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: sample.directory.path) == ["part.npy"])
    }

    /// JSON takes such keys for two, Swift's dictionaries for one.
    @Test func aKeyInTwoFormsOfUnicodeIsDamage() throws {
        let sample = try Sample()
        let json = try sample.write()
        try sample.change("part.npy.scores.json") { data in
            data.removeLast(2)
            data += Data(",\"\u{E9}\":1,\"e\u{301}\":2}\n".utf8)
        }
        let error = #expect(throws: ScoreFileError.self) { try ParallelFile(json) }
        #expect("\(error!)".contains("in two forms of Unicode"), "\(error!)")
    }

    /// Every byte that is cut or turned is found when it is read, at the latest.
    @Test func damageIsFound() throws {
        let sample = try Sample()
        let json = try sample.write()
        let (numbers, manifest) = (try sample.contents("part.npy.scores"), try sample.contents("part.npy.scores.json"))
        func refused(_ change: (inout Data) -> Void, in name: String) throws {
            try sample.change(name, change)
            #expect(throws: ScoreFileError.self) { try ParallelFile(json).values(0..<14) }
            try numbers.write(to: URL(fileURLWithPath: sample.directory.file("part.npy.scores")))
            try manifest.write(to: URL(fileURLWithPath: json))
        }
        for place in numbers.indices { try refused({ $0[place] ^= 1 }, in: "part.npy.scores") }
        for count in [0, 4, 55, 57] {
            try refused(
                { $0 = $0.prefix(count) + Data(repeating: 0, count: max(0, count - 56)) }, in: "part.npy.scores")
        }
        // The newline at the end is no part of the JSON.
        for place in manifest.indices.dropLast() { try refused({ $0[place] ^= 1 }, in: "part.npy.scores.json") }
        for count in [0, 1, manifest.count - 2] { try refused({ $0 = $0.prefix(count) }, in: "part.npy.scores.json") }
        try ParallelFile(json).verify()
        try FileManager.default.removeItem(atPath: sample.directory.file("part.npy.scores"))
        #expect(throws: ScoreFileError.self) { try ParallelFile(json) }
    }
}
