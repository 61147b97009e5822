import Corpora
import Digests
import JSONValues

/// What is to be scored: contiguous ranges of token files, each of whole documents or whole chunks. `python -m remit.score plan` writes
/// the same file.
package struct ScoringPlan: Sendable, Equatable {
    static let (form, format) = ("remit-plan", 1)

    /// A token file of a plan.
    package struct File: Sendable, Equatable {
        /// As it was given: relative to the plan's folder, or absolute.
        package let path: String
        /// Element type of a bare array, as it was given; nil where the file says it.
        let dtype: String?
        /// Id that closes each document; nil for chunks, and where an index knows.
        package let end: Int32?
        /// Number of ids.
        package let items: Int
        /// SHA-256 of its bytes, in hex.
        package let sha256: String
        /// SHA-256 of a Megatron pair's index, in hex: it says where documents begin. Nil of other files, and where a plan does not say it.
        let indexSHA256: String?

        fileprivate var json: JSONValue {
            var members: JSONObject = [
                "path": .string(path), "dtype": dtype.map { .string($0) } ?? .null,
                "end": end.map { .integer(Int($0)) } ?? .null, "items": .integer(items), "sha256": .string(sha256),
            ]
            if let indexSHA256 { members[key: "index_sha256"] = .string(indexSHA256) }
            return .object(members)
        }
    }

    /// Contiguous items of a file.
    package struct Part: Sendable, Equatable {
        /// Its number in the plan, from 0.
        package let number: Int
        /// Index into the plan's files.
        package let file: Int
        /// The items.
        package let items: Range<Int>

        /// Stem of the names of what is written for it.
        package var name: String {
            let digits = "\(number)"
            return "range-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        }

        var json: JSONValue {
            [
                "number": .integer(number), "file": .integer(file), "start": .integer(items.lowerBound),
                "count": .integer(items.count),
            ]
        }
    }

    /// Where it lies.
    package let path: String
    /// What is scored on its own.
    package let unit: ScoreUnit
    /// The token files.
    package let files: [File]
    /// The ranges, in the order of the files.
    package let parts: [Part]
    /// The teacher's model fingerprint, where it was known when planning.
    package let modelFingerprint: String?
    /// The teacher's tokenizer fingerprint, where it was known when planning.
    package let tokenizerFingerprint: String?
    /// SHA-256 of the plan's members; every range's manifest repeats it.
    package let digest: String

    /// Reads and checks a plan.
    ///
    /// - Throws: `ScoreFileError`.
    package init(contentsOf path: String) throws {
        try self.init(SignedManifest(contentsOf: path, form: Self.form, format: Self.format))
    }

    private init(_ manifest: SignedManifest) throws {
        path = manifest.path
        unit = try ScoreUnit(manifest)
        files = try manifest.array("files").map { value in
            guard case .object = value else { throw manifest.wrong("files", expected: "objects") }
            let file = try SignedManifest(path: manifest.path, of: value)
            guard let end = Int32(exactly: try file.optionalCount("end") ?? 0) else {
                throw file.wrong("end", expected: "an id")
            }
            return File(
                path: try file.string("path"), dtype: try file.optionalString("dtype"),
                end: try file.optionalCount("end") == nil ? nil : end, items: try file.count("items"),
                sha256: try file.fingerprint("sha256"), indexSHA256: try file.optionalFingerprint("index_sha256"))
        }
        modelFingerprint = try manifest.optionalFingerprint("model_fingerprint")
        tokenizerFingerprint = try manifest.optionalFingerprint("tokenizer_fingerprint")
        digest = manifest.digest
        parts = try Self.parts(manifest, files)
    }

    init(
        path: String, unit: ScoreUnit, files: [File], parts: [Part], modelFingerprint: String?,
        tokenizerFingerprint: String?
    ) {
        self.path = path
        self.unit = unit
        self.files = files
        self.parts = parts
        self.modelFingerprint = modelFingerprint
        self.tokenizerFingerprint = tokenizerFingerprint
        digest = Self.manifest(path, unit, files, parts, modelFingerprint, tokenizerFingerprint).digest
    }

    /// Writes the plan, whole or not at all.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package func write() throws {
        try Self.manifest(path, unit, files, parts, modelFingerprint, tokenizerFingerprint).write()
    }

    private static func manifest(
        _ path: String, _ unit: ScoreUnit, _ files: [File], _ parts: [Part], _ model: String?, _ tokenizer: String?
    ) -> SignedManifest {
        var members: [String: JSONValue] = [
            "form": .string(form), "format": .integer(format), "unit": unit.json, "files": .array(files.map(\.json)),
            "ranges": .array(
                parts.map { [.integer($0.file), .integer($0.items.lowerBound), .integer($0.items.count)] }),
        ]
        members["model_fingerprint"] = model.map { .string($0) }
        members["tokenizer_fingerprint"] = tokenizer.map { .string($0) }
        return SignedManifest(path: path, members)
    }

    private static func parts(_ manifest: SignedManifest, _ files: [File]) throws -> [Part] {
        func damaged(_ reason: String) -> ScoreFileError { .damaged(path: manifest.path, reason: reason) }
        var done = [Int](repeating: 0, count: files.count)
        var parts: [Part] = []
        for (number, value) in try manifest.array("ranges").enumerated() {
            guard case .array(let numbers) = value, numbers.count == 3, case .integer(let file) = numbers[0],
                case .integer(let start) = numbers[1], case .integer(let count) = numbers[2],
                files.indices.contains(file), start == done[file], count > 0, count <= files[file].items - start
            else { throw damaged("range \(number) does not begin where the one before it ends") }
            parts.append(Part(number: number, file: file, items: start..<start + count))
            done[file] += count
        }
        guard done == files.map(\.items) else { throw damaged("its ranges do not cover its files") }
        return parts
    }

    /// Items of all files.
    package var items: Int { files.reduce(0) { $0 + $1.items } }

    /// Opens a file of the plan.
    ///
    /// - Throws: `CorpusError`; `ScoreFileError.changedTokens` where it has another size, or another index, than when it was planned.
    package func tokens(_ index: Int) throws -> TokenItems {
        let file = files[index]
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let items = try TokenItems(
            file.path.hasPrefix("/") ? file.path : folder + file.path,
            bareElement: file.dtype.flatMap { TokenElement(numpyName: $0) })
        guard items.count == file.items else {
            throw ScoreFileError.changedTokens(
                path: items.path, what: "number of items", planned: "\(file.items)", got: "\(items.count)")
        }
        if let planned = file.indexSHA256, planned != items.indexDigest?.hex {
            throw ScoreFileError.changedTokens(
                path: items.path, what: "index of documents (.idx, by SHA-256)", planned: planned,
                got: items.indexDigest?.hex ?? "none")
        }
        return items
    }

    /// Hands on each part of a range that is scored on its own, in their order.
    ///
    /// - Throws: as `TokenItems.forEachDocument`.
    package func forEachPiece(of part: Part, in tokens: TokenItems, _ body: (Range<Int>) throws -> Void) throws {
        switch unit.kind {
        case .chunk: for piece in unit.pieces(part.items) { try body(piece) }
        case .document:
            try tokens.forEachDocument(in: part.items, end: files[part.file].end) { document in
                for piece in unit.pieces(document) { try body(piece) }
            }
        }
    }
}
