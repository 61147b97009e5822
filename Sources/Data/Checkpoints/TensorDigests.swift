import Digests

/// The SHA-256 of all that a safetensors file says and holds, as one string of its metadata: that of what the header says, then one of
/// each tensor's bytes in the order of the data, with a space between. Whoever reads the file finds every bit that has turned since.
///
/// One string, and not a field a tensor: a tensor's 65 bytes here are what its name alone takes in the header. Readers that know
/// nothing of it, transformers among them, pass over it.
package struct TensorDigests: Sendable {
    /// Key of the digests in the `__metadata__` of a safetensors header.
    package static let metadataKey = "remit_sha256"

    private let source: String
    private let tensors: [String: SHA256Digest]

    /// Digests that a header carries; nil where it has none. What the header says has been compared with its digest once this exists.
    ///
    /// - Throws: `SafetensorsError.invalidDigests` where they are not one for the header and one for each tensor, `.damaged` where
    ///   the header is not the one that was written.
    package init?(_ header: SafetensorsHeader, source: String) throws {
        guard let text = header.metadata[Self.metadataKey] else { return nil }
        let digests = text.split(separator: " ", omittingEmptySubsequences: false).compactMap {
            SHA256Digest(hex: String($0))
        }
        guard let first = digests.first, digests.count == 1 + header.entries.count, Self.text(digests) == text else {
            throw SafetensorsError.invalidDigests(file: source, expected: 1 + header.entries.count, got: digests.count)
        }
        let found = Self.digest(header.entries, header.metadata)
        guard found == first else {
            throw SafetensorsError.damaged(file: source, what: "the header", expected: first.hex, got: found.hex)
        }
        self.source = source
        tensors = Dictionary(uniqueKeysWithValues: zip(header.entries.map(\.name), digests.dropFirst()))
    }

    /// Throws `SafetensorsError.damaged` unless `found` is the digest of the bytes that were written for this tensor of the file.
    package func check(_ found: SHA256Digest, of tensor: String) throws {
        guard let expected = tensors[tensor] else { preconditionFailure("\(tensor) is none of \(source)") }
        guard found == expected else {
            throw SafetensorsError.damaged(
                file: source, what: "tensor \(tensor)", expected: expected.hex, got: found.hex)
        }
    }

    /// The metadata's string for a file with these tensors, in the order of the data.
    static func text(
        _ entries: [SafetensorsHeader.Entry], _ metadata: [String: String], tensors: [SHA256Digest]
    ) -> String {
        text([digest(entries, metadata)] + tensors)
    }

    private static func text(_ digests: [SHA256Digest]) -> String { digests.map(\.hex).joined(separator: " ") }

    private static func digest(
        _ entries: [SafetensorsHeader.Entry], _ metadata: [String: String]
    ) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(field: "remit safetensors header 1")
        let fields = metadata.filter { $0.key != metadataKey }.sorted { $0.key < $1.key }
        hasher.update(littleEndian: UInt64(fields.count))
        for (key, value) in fields {
            hasher.update(field: key)
            hasher.update(field: value)
        }
        for entry in entries {
            hasher.update(field: entry.name)
            hasher.update(field: entry.elementType.rawValue)
            hasher.update(littleEndian: UInt64(entry.shape.count))
            for dimension in entry.shape { hasher.update(littleEndian: UInt64(dimension)) }
            hasher.update(littleEndian: UInt64(entry.byteRange.lowerBound))
        }
        return hasher.finalize()
    }
}
