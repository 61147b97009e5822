import Digests
import JSONValues
import System

/// A small JSON file that says what a large one is, with a digest of itself: `manifest_sha256`, the SHA-256 of all other members sorted by
/// key, without blanks, in UTF-8. The package in Python writes and reads the same bytes.
package struct SignedManifest: Sendable, Equatable {
    private static let digestKey = "manifest_sha256"

    /// Path that errors name.
    let path: String
    /// The members, without the digest.
    private(set) var members: [String: JSONValue]

    init(path: String, _ members: [String: JSONValue]) {
        self.path = path
        self.members = members
    }

    /// A part of a manifest, that of a value that is an object.
    ///
    /// - Throws: `ScoreFileError.damaged`, as for a whole one.
    init(path: String, of value: JSONValue) throws {
        guard case .object(let object) = value else { preconditionFailure("a value that is an object") }
        self.init(path: path, try Self.members(of: object, path: path))
    }

    /// Reads a manifest of a form and compares its digest.
    ///
    /// - Throws: `ScoreFileError.unreadable`, `.otherForm`, `.damaged`.
    init(contentsOf path: String, form: String, format: Int) throws {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile.contents(path, atMost: Self.longest)
        } catch {
            throw ScoreFileError.unreadable(path: path, reason: (error as? SystemError)?.reason ?? "\(error)")
        }
        try self.init(parsing: bytes, path: path, form: (form, format))
    }

    /// - Parameter form: what the file must say that it is; nil: it says nothing of that. It is looked at before the digest: a sound file of
    ///   another kind has none, or another one, and is not damaged.
    init(parsing bytes: [UInt8], path: String, form: (name: String, format: Int)? = nil) throws {
        let parsed: JSONValue
        do {
            parsed = try JSONValue(parsing: bytes)
        } catch {
            throw ScoreFileError.damaged(path: path, reason: "\(error)")
        }
        guard case .object(let object) = parsed else {
            throw ScoreFileError.damaged(path: path, reason: "expected a JSON object, got \(parsed.kindName)")
        }
        self.path = path
        members = try Self.members(of: object, path: path)
        let said = members.removeValue(forKey: Self.digestKey)
        if let form { try require(form: form.name, format: form.format) }
        guard said == .string(digest) else {
            let words: String = if case .string(let text)? = said { String(text.prefix(80)) } else { "nothing" }
            throw ScoreFileError.damaged(
                path: path, reason: "the SHA-256 of its fields is \(digest), it says \(words)")
        }
    }

    /// Nobody writes keys that differ in their Unicode form alone; JSON takes them for two, Swift for one.
    private static func members(of object: JSONObject, path: String) throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for (key, value) in object.members where members.updateValue(value, forKey: key) != nil {
            throw ScoreFileError.damaged(
                path: path, reason: "it has the key \"\(key.prefix(80))\" in two forms of Unicode")
        }
        return members
    }

    /// Largest size of a manifest: a file of 2^45 items has as many checksums.
    private static let longest = 1 << 30

    /// SHA-256 of the members, in hex.
    package var digest: String { SHA256Hasher.digest(CompactJSON.bytes(.members(members))).hex }

    /// The file's bytes, a line.
    var bytes: [UInt8] {
        var signed = members
        signed[Self.digestKey] = .string(digest)
        return CompactJSON.bytes(.members(signed)) + [UInt8(ascii: "\n")]
    }

    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    func write() throws {
        try ScoreFileError.writing(path) { try AtomicFile.write(path, contents: bytes) }
    }

    // MARK: - Members

    /// The members of a member that is an object.
    func object(_ key: String) throws -> SignedManifest {
        guard case .object? = members[key], let value = members[key] else { throw wrong(key, expected: "an object") }
        return try SignedManifest(path: path, of: value)
    }

    func string(_ key: String) throws -> String {
        guard case .string(let text)? = members[key] else { throw wrong(key, expected: "a string") }
        return text
    }

    /// nil where the member is not there, or null.
    func optionalString(_ key: String) throws -> String? {
        if let value = members[key], value != .null { return try string(key) }
        return nil
    }

    /// A count of items, bytes or tokens: from 0 to 2^52, so that sums of a few do not overflow.
    func count(_ key: String) throws -> Int {
        guard case .integer(let number)? = members[key], (0...1 << 52).contains(number) else {
            throw wrong(key, expected: "a whole number from 0")
        }
        return number
    }

    func optionalCount(_ key: String) throws -> Int? {
        if let value = members[key], value != .null { return try count(key) }
        return nil
    }

    func array(_ key: String) throws -> [JSONValue] {
        guard case .array(let values)? = members[key] else { throw wrong(key, expected: "an array") }
        return values
    }

    /// SHA-256 in lower-case hex.
    func fingerprint(_ key: String) throws -> String {
        let text = try string(key)
        guard SHA256Digest(hex: text)?.hex == text else {
            throw wrong(key, expected: "64 lower-case hexadecimal digits")
        }
        return text
    }

    func optionalFingerprint(_ key: String) throws -> String? {
        if let value = members[key], value != .null { return try fingerprint(key) }
        return nil
    }

    /// Name of a file beside the manifest.
    func fileName(_ key: String) throws -> String {
        let name = try string(key)
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
            throw wrong(key, expected: "the name of a file beside it")
        }
        return name
    }

    private func require(form: String, format: Int) throws {
        guard members["form"] == .string(form), members["format"] == .integer(format) else {
            throw ScoreFileError.otherForm(
                path: path, expected: "\(form) \(format)", got: "\(words("form")) \(words("format"))")
        }
    }

    private func words(_ key: String) -> String {
        switch members[key] {
        case .string(let text)?: String(text.prefix(80))
        case .integer(let number)?: "\(number)"
        case let other?: other.kindName
        case nil: "none"
        }
    }

    func wrong(_ key: String, expected: String) -> ScoreFileError {
        .damaged(path: path, reason: "\(key): expected \(expected), got \(words(key))")
    }
}

extension JSONValue {
    static func members(_ members: [String: JSONValue]) -> JSONValue {
        var object = JSONObject()
        for (key, value) in members { object[key: key] = value }
        return .object(object)
    }
}

extension OpenFile {
    /// All bytes of a file.
    ///
    /// - Throws: `SystemError`, with the code `EFBIG` for a file of more bytes than `limit`.
    fileprivate static func contents(_ path: String, atMost limit: Int) throws -> [UInt8] {
        let file = try OpenFile(path: path)
        let count = try file.state().byteCount
        guard count <= limit else {
            throw SystemError("read", path, code: 0, reason: "it has \(count) bytes, a manifest at most \(limit)")
        }
        return try file.bytes(0..<count)
    }
}
