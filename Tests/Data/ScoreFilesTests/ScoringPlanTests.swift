import Corpora
import Foundation
import ScoreFiles
import System
import TestSupport
import Testing

struct ScoringPlanTests {
    /// What `remit.score.make_plan` writes of the sample.
    private static let python =
        #"{"files":[{"dtype":"uint16","end":0,"items":14,"path":"part.npy","sha256":"6ea015382e357b15c6645df320c46abe9a502ef463f6906a70dc7e742f52b5fc"}],"#
        + #""form":"remit-plan","format":1,"manifest_sha256":"74506bc96c8f965857f52559e78ccf2e6ab8182ecdfaee432f513e6fdf227a2c","#
        + #""model_fingerprint":"1111111111111111111111111111111111111111111111111111111111111111","ranges":[[0,0,7],[0,7,7]],"#
        + #""tokenizer_fingerprint":"2222222222222222222222222222222222222222222222222222222222222222","unit":{"kind":"document","tokens":4}}"#
        + "\n"

    private let sample: Sample

    init() throws { sample = try Sample() }

    private func pythons() throws -> ScoringPlan {
        try ScoringPlan(contentsOf: sample.directory.write("plan.json", Self.python.utf8))
    }

    private func pieces(_ plan: ScoringPlan) throws -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        for part in plan.parts {
            try plan.forEachPiece(of: part, in: try plan.tokens(part.file)) { pieces.append($0) }
        }
        return pieces
    }

    @Test func aPlanOfPythonsIsReadAndMadeTheSame() throws {
        let plan = try pythons()
        #expect(plan.digest == "74506bc96c8f965857f52559e78ccf2e6ab8182ecdfaee432f513e6fdf227a2c" && plan.items == 14)
        #expect(
            plan.parts.map(\.items) == [0..<7, 7..<14] && plan.parts.map(\.name) == ["range-000000", "range-000001"])
        #expect(try pieces(plan) == Sample.pieces)

        let made = try ScoringPlan(
            path: sample.directory.file("made.json"), files: [sample.tokens], unit: Sample.unit, end: Sample.end,
            partItems: 5, identity: Sample.identity)
        #expect(made.parts == plan.parts && made.files[0].sha256 == Sample.sha256)
        try made.write()
        #expect(try ScoringPlan(contentsOf: made.path) == made)
    }

    @Test func chunksAreWindowsOfTheFile() throws {
        let plan = try ScoringPlan(
            path: sample.directory.file("plan.json"), files: [sample.tokens], unit: ScoreUnit(.chunk, tokens: 4),
            end: nil,
            partItems: 9, identity: Sample.identity)
        #expect(plan.parts.map(\.items) == [0..<8, 8..<14])
        #expect(try pieces(plan) == [0..<4, 4..<8, 8..<12, 12..<14])
    }

    /// The .idx of a Megatron pair of 16-bit ids.
    private func index(_ lengths: [Int]) -> [UInt8] {
        func bytes(_ values: [Int], _ count: Int) -> [UInt8] {
            values.flatMap { value in (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        }
        let offsets = lengths.indices.map { lengths[..<$0].reduce(0, +) * 2 }
        return Array("MMIDIDX".utf8) + [0, 0] + bytes([1], 8) + [8] + bytes([lengths.count, lengths.count + 1], 8)
            + bytes(lengths, 4) + bytes(offsets, 8) + bytes(Array(0...lengths.count), 8)
    }

    /// Documents that begin elsewhere in the same ids have other log-probs.
    @Test func aPlanIsForTheIndexOfItsDocuments() throws {
        try sample.directory.write("pair.bin", Sample.bytes(Sample.ids))
        try sample.directory.write("pair.idx", index([4, 3, 7]))
        let plan = try ScoringPlan(
            path: sample.directory.file("plan.json"),
            files: [TokenItems(sample.directory.file("pair.bin"), bareElement: nil)], unit: Sample.unit, end: nil,
            partItems: 5, identity: Sample.identity)
        try plan.write()
        let read = try ScoringPlan(contentsOf: plan.path)
        #expect(read == plan)
        #expect(try pieces(read) == Sample.pieces)

        try sample.directory.write("pair.idx", index([5, 2, 7]))
        let error = #expect(throws: ScoreFileError.self) { try read.tokens(0) }
        #expect(error?.description.contains("another index of documents") == true)
        // Without the index the ids are a bare array, which no longer says where they begin.
        try FileManager.default.removeItem(atPath: sample.directory.file("pair.idx"))
        #expect(throws: ScoreFileError.self) { try read.tokens(0) }
    }

    @Test func whatIsNoPlanIsRefused() throws {
        for (was, now) in [
            ("[0,7,7]", "[0,8,6]"), ("[0,7,7]", "[0,7,6]"), ("[0,7,7]", "[1,7,7]"), ("\"tokens\":4", "\"tokens\":1"),
            ("remit-plan", "remit-plam"), (",[0,7,7]", ""), ("\"items\":14", "\"items\":-1"),
        ] {
            let path = try sample.directory.write("plan.json", Self.python.replacing(was, with: now).utf8)
            #expect(throws: ScoreFileError.self) { try ScoringPlan(contentsOf: path) }
        }
        let plan = try pythons()
        try sample.change("part.npy") { $0 += [1, 0] }
        #expect(throws: ScoreFileError.self) { try plan.tokens(0) }
    }

    @Test func resultsAreReadBackAndNotMistaken() throws {
        let plan = try pythons()
        let results = try RangeResults(sample.directory.file("results"))
        let engine = ScoringEngineName(name: "test", version: "1", device: "none")
        for part in plan.parts {
            try results.put(
                part, of: plan, Array(Sample.values()[part.items]), as: .f32, by: Sample.identity, engine: engine,
                seconds: 1)
        }
        #expect(try results.done() == ["range-000000", "range-000001"])
        let merge = try RangeMerge(plan, results, model: Sample.identity.model)
        #expect(merge.identity == Sample.identity)
        #expect(try merge.values(plan.parts[0])[1..<4] == Sample.values()[1..<4])

        // One range in the other's place, a turned bit, a cut file.
        let first = sample.directory.file("results/range-000000")
        let manifest = try sample.contents("results/range-000000.json")
        try sample.contents("results/range-000001.json").write(to: URL(fileURLWithPath: first + ".json"))
        #expect(throws: ScoreFileError.self) { try RangeMerge(plan, results, model: "m") }
        try manifest.write(to: URL(fileURLWithPath: first + ".json"))
        for change in [{ $0[3] ^= 1 }, { $0.removeLast(4) }] as [(inout Data) -> Void] {
            let was = try sample.contents("results/range-000000.scores")
            try sample.change("results/range-000000.scores", change)
            let error = #expect(throws: ScoreFileError.self) {
                try RangeMerge(plan, results, model: "m").values(plan.parts[0])
            }
            #expect(error?.description.contains("Remove \(first).scores and \(first).json, and run") == true)
            try was.write(to: URL(fileURLWithPath: first + ".scores"))
        }
    }

    /// Two workers may be at one range, and their engines' bits differ: whoever's files come last, the two belong together.
    @Test func ofTwoWhoPutARangeOnePairStays() async throws {
        let plan = try pythons()
        let part = plan.parts[0]
        let results = try RangeResults(sample.directory.file("results"))
        let engine = ScoringEngineName(name: "test", version: "1", device: "none")
        for _ in 0..<40 {
            try await withThrowingTaskGroup { group in
                for worker in 0..<3 {
                    group.addTask {
                        try await onThread {
                            let values = Sample.values()[part.items].map { $0 - Float(worker) / 8 }
                            try results.put(
                                part, of: plan, values, as: .f32, by: Sample.identity, engine: engine, seconds: 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let entry = try results.entry(part, of: plan, model: Sample.identity.model)
            #expect(throws: Never.self) { try results.values(part, entry) }
        }
    }

    @Test func whatAStoppedScoringKeptIsTakenByTheSameTeacherAlone() throws {
        let plan = try pythons()
        let results = try RangeResults(sample.directory.file("results"))
        let part = plan.parts[0]
        try results.keep(Sample.values()[0..<4], of: part, in: plan, by: Sample.identity)
        #expect(results.kept(part, in: plan, by: Sample.identity).dropFirst() == Sample.values()[1..<4])
        var other = Sample.identity
        other.scoresFingerprint = String(repeating: "7", count: 64)
        #expect(results.kept(part, in: plan, by: other).isEmpty)
        #expect(results.kept(plan.parts[1], in: plan, by: Sample.identity).isEmpty)
        try sample.change("results/range-000000.partial") { $0[$0.count - 1] ^= 1 }
        #expect(results.kept(part, in: plan, by: Sample.identity).isEmpty)
        #expect(try results.done().isEmpty)
        results.forget(part)
        #expect(!FileManager.default.fileExists(atPath: sample.directory.file("results/range-000000.partial")))
    }

    /// As the package in Python writes them: another machine's claim holds until its lease is over, a dead process's not.
    @Test func claimsAreForTheLiving() throws {
        let plan = try pythons()
        let results = try RangeResults(sample.directory.file("results"))
        let claims = results.claims(lease: .seconds(600))
        #expect(try claims.claim(plan.parts[0]))
        #expect(try !claims.claim(plan.parts[0]))
        claims.release(plan.parts[0])
        try sample.directory.write(
            "results/claims/range-000000", #"{"host": "elsewhere", "pid": 1, "time": 0}"#.utf8)
        #expect(try !claims.claim(plan.parts[0]))
        #expect(try results.claims(lease: .zero).claim(plan.parts[0]))

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let own = String(decoding: try sample.contents("results/claims/range-000000"), as: UTF8.self)
        let dead = own.replacing(/"pid":\d+/, with: "\"pid\":\(process.processIdentifier)")
        try sample.directory.write("results/claims/range-000000", dead.utf8)
        #expect(try claims.claim(plan.parts[0]))

        // Of a process that is about to write it; of one that ended before it had.
        try sample.directory.write("results/claims/range-000000", "".utf8)
        #expect(try !claims.claim(plan.parts[0]))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -20)],
            ofItemAtPath: sample.directory.file("results/claims/range-000000"))
        #expect(try claims.claim(plan.parts[0]))
    }

    /// A range that is let go while others look at it goes to one of them.
    @Test func ofManyWhoFindAClaimGoneOneBegins() async throws {
        let part = try pythons().parts[0]
        let claims = try RangeResults(sample.directory.file("results")).claims(lease: .seconds(600))
        let (inside, begun) = (Locked(0), Locked(0))
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    try await onThread {
                        while begun.withLock({ $0 < 2000 }) {
                            guard try claims.claim(part) else { continue }
                            let others = inside.withLock { inside in
                                defer { inside += 1 }
                                return inside
                            }
                            #expect(others == 0)
                            begun.withLock { $0 += 1 }
                            inside.withLock { $0 -= 1 }
                            // As old as one that whoever wrote it would have written by now; no two of one time, as no two files are.
                            var old = timespec()
                            clock_gettime(CLOCK_REALTIME, &old)
                            old.tv_sec -= 60
                            var times = [old, old]
                            utimensat(AT_FDCWD, sample.directory.file("results/claims/range-000000"), &times, 0)
                            claims.release(part)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aClaimThatIsALinkToNowhereIsTakenOver() throws {
        let part = try pythons().parts[0]
        let claims = try RangeResults(sample.directory.file("results")).claims(lease: .zero)
        try FileManager.default.createSymbolicLink(
            atPath: sample.directory.file("results/claims/range-000000"), withDestinationPath: "nowhere")
        #expect(try claims.claim(part))
        #expect(try sample.contents("results/claims/range-000000").count > 0)
    }
}
