import JSONValues
import System

/// The header of a safetensors file: eight bytes of length (little-endian), a JSON object of that length, the data.
/// What has been parsed is proved: names are distinct, each tensor's bytes are its shape times its type, and the tensors
/// fill the data without gap or overlap.
package struct SafetensorsHeader: Sendable {
    /// One tensor as the header lists it.
    package struct Entry: Equatable, Sendable {
        /// The tensor's name, unique in the file.
        package let name: String
        /// Type of the elements (`dtype`).
        package let elementType: ElementType
        /// Dimensions, outermost first, none negative; empty for a scalar.
        package let shape: [Int]
        /// Where the elements lie, counted from the start of the data (`data_offsets`).
        package let byteRange: Range<Int>  // from the start of the data
        /// Product of the shape.
        package var elementCount: Int { byteRange.count / elementType.byteCount }

        /// In the order of the data; those without any by name.
        static func inOrder(_ entries: [Entry]) -> [Entry] {
            entries.sorted {
                ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
                    < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
            }
        }
    }

    /// Most bytes of JSON that a header may have: the reference implementation's own limit.
    package static let maxHeaderBytes = 100_000_000
    private static let prefixBytes = 8

    /// Tensors in the order of their data; they fill it without gap or overlap.
    package let entries: [Entry]  // in the order of the data
    /// Strings of `__metadata__`; empty where there is none.
    package let metadata: [String: String]
    /// Where the data begin in the file: behind the eight bytes of length and the JSON.
    package let dataOffset: Int
    private let positions: [String: Int]

    /// Parses and proves a header from the bytes of the whole file, or of a whole request body.
    ///
    /// - Parameter source: what errors call the file.
    /// - Throws: `SafetensorsError`.
    package init(parsing bytes: UnsafeRawBufferPointer, source: String) throws {
        let range = try Self.jsonRange(bytes, of: bytes.count, source)
        try self.init(json: Array(bytes[range]), byteCount: bytes.count, source)
    }

    /// Parses and proves the header of a file, of which nothing else is read.
    ///
    /// - Throws: `SafetensorsError`, `SystemError`.
    package init(reading file: OpenFile) throws {
        let count = try file.state().byteCount
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

    /// The tensor of that name; nil where there is none. Complexity: constant.
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
