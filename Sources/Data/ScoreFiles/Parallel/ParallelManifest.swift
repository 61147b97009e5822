import JSONValues

/// The JSON beside a parallel float file.
package struct ParallelManifest: Sendable, Equatable {
    static let (form, format) = ("remit-parallel-scores", 1)
    /// Items of a range that has a checksum of its own.
    package static let rangeItems = 1 << 22
    /// What the JSON's name has behind that of the file of numbers.
    static let suffix = ".json"

    /// The token file that numbers stand beside.
    package struct Tokens: Sendable, Equatable {
        /// Its name, without folders.
        package var file: String
        /// Number of its ids.
        package var items: Int
        /// Element type of its ids, by NumPy's name.
        package var element: String
        /// SHA-256 of its bytes, in hex.
        package var sha256: String

        package init(file: String, items: Int, element: String, sha256: String) {
            self.file = file
            self.items = items
            self.element = element
            self.sha256 = sha256
        }
    }

    /// What the numbers are.
    package var quantity: ParallelQuantity
    /// The teacher.
    package var identity: ScoresIdentity
    /// What the teacher saw before each token.
    package var unit: ScoreUnit
    /// The token file.
    package var tokens: Tokens
    /// How a number is stored.
    package var element: ScoreElement
    /// Items that have a number.
    package var scoredItems: Int
    /// Name of the file of numbers.
    var file: String
    var rangeItems: Int
    /// SHA-256 of each range, in hex.
    var checksums: [String]

    /// Reads and checks the JSON.
    ///
    /// - Throws: `ScoreFileError`.
    package init(contentsOf path: String) throws {
        let manifest = try SignedManifest(contentsOf: path, form: Self.form, format: Self.format)
        quantity = try ParallelQuantity(manifest)
        identity = try ScoresIdentity(manifest)
        unit = try ScoreUnit(manifest)
        scoredItems = try manifest.count("scored_items")
        let (tokens, scores) = (try manifest.object("tokens"), try manifest.object("scores"))
        self.tokens = Tokens(
            file: try tokens.fileName("file"), items: try tokens.count("items"), element: try tokens.string("dtype"),
            sha256: try tokens.fingerprint("sha256"))
        file = try scores.fileName("file")
        guard let element = ScoreElement(numpyName: try scores.string("dtype")) else {
            throw scores.wrong("dtype", expected: "float32 or float16")
        }
        self.element = element
        rangeItems = try scores.count("range_items")
        checksums = try scores.array("sha256").map { value in
            guard case .string(let text) = value else { throw scores.wrong("sha256", expected: "checksums") }
            return text
        }
        guard rangeItems > 0, checksums.count == (self.tokens.items + rangeItems - 1) / rangeItems else {
            throw ScoreFileError.damaged(
                path: path, reason: "\(checksums.count) checksums for \(self.tokens.items) items")
        }
    }

    init(
        _ quantity: ParallelQuantity, _ identity: ScoresIdentity, _ unit: ScoreUnit, _ tokens: Tokens,
        element: ScoreElement, scoredItems: Int, file: String, checksums: [String]
    ) {
        self.quantity = quantity
        self.identity = identity
        self.unit = unit
        self.tokens = tokens
        self.element = element
        self.scoredItems = scoredItems
        self.file = file
        self.checksums = checksums
        rangeItems = Self.rangeItems
    }

    func signed(path: String) -> SignedManifest {
        var members: [String: JSONValue] = [
            "form": .string(Self.form), "format": .integer(Self.format), "model": .string(identity.model),
            "precision": .string(identity.precision), "unit": unit.json, "scored_items": .integer(scoredItems),
            "tokens": [
                "file": .string(tokens.file), "items": .integer(tokens.items), "dtype": .string(tokens.element),
                "sha256": .string(tokens.sha256),
            ],
            "scores": [
                "file": .string(file), "dtype": .string(element.numpyName), "range_items": .integer(rangeItems),
                "sha256": .array(checksums.map { .string($0) }),
            ],
        ]
        for (key, value) in identity.pins.merging(quantity.members, uniquingKeysWith: { $1 }) { members[key] = value }
        return SignedManifest(path: path, members)
    }
}

extension ScoreUnit {
    init(_ manifest: SignedManifest) throws {
        let unit = try manifest.object("unit")
        guard let kind = Kind(rawValue: try unit.string("kind")) else {
            throw unit.wrong("kind", expected: "document or chunk")
        }
        let tokens = try unit.count("tokens")
        guard tokens >= 2 else { throw unit.wrong("tokens", expected: "at least 2") }
        self.init(kind, tokens: tokens)
    }

    var json: JSONValue { ["kind": .string(kind.rawValue), "tokens": .integer(tokens)] }
}
