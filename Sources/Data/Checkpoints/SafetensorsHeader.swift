import JSONValues

/// The header of a safetensors file: eight bytes of length (little-endian), a JSON object of that length, the data.
/// What has been parsed is proved: names are distinct, each tensor's bytes are its shape times its type, and the tensors
/// fill the data without gap or overlap.
package struct SafetensorsHeader: Sendable {
    package struct Entry: Equatable, Sendable {
        package let name: String
        package let elementType: ElementType
        package let shape: [Int]
        package let byteRange: Range<Int>  // from the start of the data
        package var elementCount: Int { byteRange.count / elementType.byteCount }

        /// In the order of the data; those without any by name.
        static func inOrder(_ entries: [Entry]) -> [Entry] {
            entries.sorted {
                ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
                    < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
            }
        }
    }

    /// The reference implementation's own limit.
    package static let maxHeaderBytes = 100_000_000
    private static let prefixBytes = 8

    package let entries: [Entry]  // in the order of the data
    package let metadata: [String: String]
    package let dataOffset: Int
    private let positions: [String: Int]

    /// `bytes` is the whole file, or the whole body.
    package init(parsing bytes: UnsafeRawBufferPointer, source: String) throws {
        let range = try Self.jsonRange(bytes, of: bytes.count, source)
        try self.init(json: Array(bytes[range]), byteCount: bytes.count, source)
    }

    /// That of a file, of which nothing else is read.
    package init(reading file: OpenFile) throws {
        let count = try file.identity().byteCount
        let range = try file.bytes(0..<min(Self.prefixBytes, count)).withUnsafeBytes {
            try Self.jsonRange($0, of: count, file.path)
        }
        try self.init(json: try file.bytes(range), byteCount: count, file.path)
    }

    private init(json: [UInt8], byteCount: Int, _ source: String) throws {
        dataOffset = Self.prefixBytes + json.count
        var parser = SafetensorsHeaderParser(source: source)
        try parser.parse(json)
        entries = try parser.entriesInOrder(filling: byteCount - dataOffset)
        metadata = parser.metadata
        var positions: [String: Int] = [:]
        for (at, entry) in entries.enumerated() where positions.updateValue(at, forKey: entry.name) != nil {
            throw SafetensorsError.duplicateTensor(file: source, tensor: entry.name)
        }
        self.positions = positions
    }

    package func entry(_ name: String) -> Entry? {
        positions[name].map { entries[$0] }
    }

    /// Where the JSON stands in `byteCount` bytes that begin with `bytes`.
    private static func jsonRange(
        _ bytes: UnsafeRawBufferPointer, of byteCount: Int, _ source: String
    ) throws -> Range<Int> {
        guard bytes.count >= prefixBytes else {
            throw SafetensorsError.tooShort(file: source, expected: prefixBytes, got: bytes.count)
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(maxHeaderBytes) else {
            throw SafetensorsError.headerTooLong(file: source, limit: maxHeaderBytes, got: length)
        }
        let end = prefixBytes + Int(length)
        guard end <= byteCount else {
            throw SafetensorsError.headerTruncated(file: source, expected: end, got: byteCount)
        }
        return prefixBytes..<end
    }
}
