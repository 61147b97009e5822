import Digests
import Foundation
import JSONValues
import System

/// Where the numbers of a plan's ranges are put: a folder of this machine, or one that several mount. A range is there once its manifest
/// is, which is put last. `python -m remit.score` puts and reads the same files.
package struct RangeResults: Sendable {
    private static let (form, format) = ("remit-range", 1)

    /// What a range's manifest says of it.
    package struct Entry: Sendable, Equatable {
        /// The teacher; ranges do not name it.
        package var identity: ScoresIdentity
        /// How a number is stored.
        package var element: ScoreElement
        /// Items that have a number.
        package var scoredItems: Int
        fileprivate var bytes: Int
        fileprivate var sha256: String
    }

    /// Path of the folder.
    package let folder: String

    /// Whether a name is that of a range's manifest.
    static func isManifest(_ name: String) -> Bool { name.wholeMatch(of: /range-[0-9]{6,}\.json/) != nil }

    /// Makes the folder where there is none.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package init(_ folder: String) throws {
        self.folder = folder
        try ScoreFileError.writing(folder) { try Directory.create(folder + "/" + RangeClaims.folder) }
    }

    /// Who works at what.
    ///
    /// - Parameter lease: after so long without a sign of life a claim is nobody's.
    package func claims(lease: Duration) -> RangeClaims { RangeClaims(folder + "/" + RangeClaims.folder, lease: lease) }

    /// Names of the ranges that are there.
    ///
    /// - Throws: `ScoreFileError.unreadable`.
    package func done() throws -> Set<String> {
        let names = try ScoreFileError.reading(folder) { try Directory.names(in: folder) }
        return Set(names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) })
    }

    /// Puts a range's numbers, and then its manifest. Where another worker puts the same range meanwhile, one's numbers could stay under the
    /// other's manifest: both are read back, and put again until they are a pair, whoever's.
    ///
    /// - Parameters:
    ///   - values: a number an item, NaN where there is none.
    ///   - engine: what computed, for people and for the package in Python.
    /// - Throws: `ScoreFileError.unwritable`, `.tooLarge`; what reading it back throws, where that fails again and again.
    package func put(
        _ part: ScoringPlan.Part, of plan: ScoringPlan, _ values: [Float], as element: ScoreElement,
        by identity: ScoresIdentity, engine: ScoringEngineName, seconds: Double
    ) throws {
        let path = folder + "/" + part.name
        if let place = values.firstIndex(where: { !$0.isNaN && !element.holds($0) }) {
            throw ScoreFileError.tooLarge(
                path: path, item: part.items.lowerBound + place, element: element.rawValue, got: values[place])
        }
        let bytes = element.bytes(values)
        var members: [String: JSONValue] = [
            "form": .string(Self.form), "format": .integer(Self.format), "plan": .string(plan.digest),
            "range": part.json,
            "dtype": .string(element.numpyName), "scored_items": .integer(values.count { !$0.isNaN }),
            "engine": .string(engine.name), "version": .string(engine.version), "device": .string(engine.device),
            "precision": .string(identity.precision), "worker": .string("\(HostName.current):\(getpid())"),
            "seconds": .string(String(format: "%.3f", seconds)), "bytes": .integer(bytes.count),
            "sha256": .string(SHA256Hasher.digest(bytes).hex),
        ]
        members.merge(identity.pins) { $1 }
        let manifest = SignedManifest(path: path + ".json", members)
        var attempt = 1
        while true {
            try ScoreFileError.writing(path) { try AtomicFile.write(path + ".scores", contents: bytes) }
            try manifest.write()
            do {
                _ = try self.values(part, entry(part, of: plan, model: identity.model))
                return
            } catch  where attempt < Self.attempts {
                attempt += 1
                usleep(.random(in: 0...Self.longestPauseMicroseconds))
            }
        }
    }

    /// How often a range is put before it is given up, and how long at most is waited between: another worker waits another time.
    private static let (attempts, longestPauseMicroseconds): (Int, UInt32) = (10, 50_000)

    /// What a range's manifest says, once it is of this plan.
    ///
    /// - Parameter model: the teacher's name.
    /// - Throws: `ScoreFileError`.
    package func entry(_ part: ScoringPlan.Part, of plan: ScoringPlan, model: String) throws -> Entry {
        do {
            return try soundEntry(part, of: plan, model: model)
        } catch ScoreFileError.damaged(_, let reason) {
            throw ScoreFileError.damagedRange(path: folder + "/" + part.name, reason: "its manifest: \(reason)")
        }
    }

    private func soundEntry(_ part: ScoringPlan.Part, of plan: ScoringPlan, model: String) throws -> Entry {
        let manifest = try SignedManifest(
            contentsOf: folder + "/" + part.name + ".json", form: Self.form, format: Self.format)
        guard try manifest.string("plan") == plan.digest else {
            throw ScoreFileError.otherPlan(path: manifest.path, reason: "its plan has another digest")
        }
        guard try manifest.object("range") == SignedManifest(path: manifest.path, of: part.json) else {
            throw ScoreFileError.otherPlan(path: manifest.path, reason: "it is of another range")
        }
        guard let element = ScoreElement(numpyName: try manifest.string("dtype")) else {
            throw manifest.wrong("dtype", expected: "float32 or float16")
        }
        return Entry(
            identity: try ScoresIdentity(manifest, model: model), element: element,
            scoredItems: try manifest.count("scored_items"), bytes: try manifest.count("bytes"),
            sha256: try manifest.fingerprint("sha256"))
    }

    /// A range's numbers, once they are those of its manifest. [items of the range]
    ///
    /// - Throws: `ScoreFileError`.
    package func values(_ part: ScoringPlan.Part, _ entry: Entry) throws -> [Float] {
        let path = folder + "/" + part.name
        let bytes = try ScoreFileError.reading(path + ".scores") { try MappedFile.contents(ofFile: path + ".scores") }
        guard bytes.count == entry.bytes, bytes.count == part.items.count * entry.element.byteCount else {
            throw ScoreFileError.damagedRange(
                path: path,
                reason: "there are \(bytes.count) bytes, its manifest says \(entry.bytes) for \(part.items.count) items"
            )
        }
        let digest = SHA256Hasher.digest(bytes).hex
        guard digest == entry.sha256 else {
            throw ScoreFileError.damagedRange(
                path: path, reason: "the SHA-256 of its numbers is \(digest), its manifest says \(entry.sha256)")
        }
        return entry.element.values(bytes)
    }

    // MARK: - A part of a range

    /// Keeps the first numbers of a range whose scoring was stopped.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package func keep(
        _ values: ArraySlice<Float>, of part: ScoringPlan.Part, in plan: ScoringPlan, by identity: ScoresIdentity
    ) throws {
        let path = partialPath(part)
        let bytes = ScoreElement.f32.bytes(values)
        let manifest = SignedManifest(
            path: path,
            [
                "plan": .string(plan.digest), "range": part.json,
                "scores_fingerprint": .string(identity.scoresFingerprint),
                "count": .integer(values.count), "sha256": .string(SHA256Hasher.digest(bytes).hex),
            ])
        try ScoreFileError.writing(path) { try AtomicFile.write(path, contents: manifest.bytes + bytes) }
    }

    /// The first numbers of a range as a stopped scoring kept them; none where there are none that are this teacher's and whole.
    package func kept(
        _ part: ScoringPlan.Part, in plan: ScoringPlan, by identity: ScoresIdentity
    ) -> [Float] {
        let path = partialPath(part)
        guard let content = try? MappedFile.contents(ofFile: path),
            let end = content.firstIndex(of: UInt8(ascii: "\n")),
            let manifest = try? SignedManifest(parsing: Array(content[...end]), path: path)
        else { return [] }
        let bytes = Array(content[(end + 1)...])
        guard manifest.members["plan"] == .string(plan.digest),
            let range = try? manifest.object("range"), range == (try? SignedManifest(path: path, of: part.json)),
            manifest.members["scores_fingerprint"] == .string(identity.scoresFingerprint),
            manifest.members["count"] == .integer(bytes.count / 4), bytes.count / 4 <= part.items.count,
            manifest.members["sha256"] == .string(SHA256Hasher.digest(bytes).hex)
        else { return [] }
        return ScoreElement.f32.values(bytes)
    }

    /// Removes what `keep` left, where there is something.
    package func forget(_ part: ScoringPlan.Part) { unlink(partialPath(part)) }

    private func partialPath(_ part: ScoringPlan.Part) -> String { folder + "/" + part.name + ".partial" }
}

/// What computed numbers, for people and for the package in Python.
package struct ScoringEngineName: Sendable, Equatable {
    /// The program.
    package var name: String
    /// The program's version.
    package var version: String
    /// What it computes on.
    package var device: String

    package init(name: String, version: String, device: String) {
        self.name = name
        self.version = version
        self.device = device
    }
}
