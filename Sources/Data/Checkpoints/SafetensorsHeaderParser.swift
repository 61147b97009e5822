import JSONValues

/// Reads the header's JSON and checks the layout it claims.
struct SafetensorsHeaderParser {
    private static let maxDimensions = 16
    /// A name is the sender's and may be megabytes long; errors show its beginning.
    private static let maxShownBytes = 200

    let source: String
    private(set) var metadata: [String: String] = [:]
    private var entries: [SafetensorsHeader.Entry] = []

    init(source: String) {
        self.source = source
    }

    mutating func parse(_ json: [UInt8]) throws {
        do {
            try JSONReader.read(json) { reader in
                do {
                    try reader.object { reader, name in
                        if name == "__metadata__" {
                            metadata = try metadata(&reader)
                        } else {
                            entries.append(try entry(name, &reader))
                        }
                    }
                } catch JSONError.duplicateKey {
                    // Within an entry or the metadata it would have been caught there.
                    throw SafetensorsError.duplicateTensor(file: source, tensor: shown(reader.currentKey ?? ""))
                }
            }
        } catch JSONError.invalidUTF8(_, let offset) {
            throw SafetensorsError.headerNotUTF8(file: source, offset: offset)
        } catch let error as JSONError {
            throw SafetensorsError.headerNotJSON(file: source, reason: error)
        }
    }

    /// A null is no metadata.
    private func metadata(_ reader: inout JSONReader) throws -> [String: String] {
        var metadata: [String: String] = [:]
        do {
            if try reader.takeNull() { return [:] }
            try reader.object { reader, key in metadata[key] = try reader.string() }
        } catch let error as JSONError {
            throw SafetensorsError.invalidMetadata(file: source, reason: error)
        }
        return metadata
    }

    private func entry(_ name: String, _ reader: inout JSONReader) throws -> SafetensorsHeader.Entry {
        var typeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        do {
            try reader.object { reader, key in
                switch key {
                case "dtype": typeName = try reader.string()
                case "shape": shape = try reader.plainInts()
                case "data_offsets": offsets = try reader.plainInts()
                default: throw reader.unknownField(known: ["dtype", "shape", "data_offsets"])
                }
            }
            guard let typeName else { throw reader.missingField("dtype") }
            guard let shape else { throw reader.missingField("shape") }
            guard let offsets else { throw reader.missingField("data_offsets") }
            guard offsets.count == 2 else {
                throw reader.invalid(expected: "two data_offsets", got: "\(offsets.count)")
            }
            guard shape.count <= Self.maxDimensions else {
                throw reader.invalid(expected: "at most \(Self.maxDimensions) dimensions", got: "\(shape.count)")
            }
            guard shape.allSatisfy({ $0 >= 0 }) else {
                throw reader.invalid(expected: "a shape without negative numbers", got: "\(shape)")
            }
            return try entry(name, typeName, shape, offsets)
        } catch let error as JSONError {
            throw SafetensorsError.invalidEntry(file: source, tensor: shown(name), reason: error)
        }
    }

    private func entry(_ name: String, _ typeName: String, _ shape: [Int], _ offsets: [Int]) throws
        -> SafetensorsHeader.Entry
    {
        guard let type = ElementType(rawValue: typeName) else {
            throw SafetensorsError.unknownElementType(
                file: source, tensor: shown(name), got: shown(typeName))
        }
        guard let byteCount = Shape.byteCount(shape, type) else {
            throw SafetensorsError.shapeOverflow(file: source, tensor: shown(name), shape: shape)
        }
        guard 0 <= offsets[0], offsets[0] <= offsets[1] else {
            throw SafetensorsError.offsetsReversed(
                file: source, tensor: shown(name), begin: offsets[0], end: offsets[1])
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw SafetensorsError.byteCountMismatch(
                file: source, tensor: shown(name), elementType: type, shape: shape, expected: byteCount,
                got: offsets[1] - offsets[0])
        }
        return .init(name: name, elementType: type, shape: shape, byteRange: offsets[0]..<offsets[1])
    }

    private func shown(_ text: String) -> String { text.shortened(toBytes: Self.maxShownBytes) }

    /// The entries by offset, proved to fill `dataBytes` bytes exactly.
    func entriesInOrder(filling dataBytes: Int) throws -> [SafetensorsHeader.Entry] {
        let ordered = SafetensorsHeader.Entry.inOrder(entries)
        var filled = 0
        var previous = ""
        for entry in ordered {
            let begin = entry.byteRange.lowerBound
            guard begin >= filled else {
                throw SafetensorsError.overlappingTensors(
                    file: source, tensor: shown(entry.name), with: shown(previous), expected: filled, got: begin)
            }
            guard begin == filled else {
                throw SafetensorsError.gap(file: source, tensor: shown(entry.name), expected: filled, got: begin)
            }
            guard entry.byteRange.upperBound <= dataBytes else {
                throw SafetensorsError.dataTruncated(
                    file: source, tensor: shown(entry.name), expected: entry.byteRange.upperBound, got: dataBytes)
            }
            filled = entry.byteRange.upperBound
            previous = entry.name
        }
        guard filled == dataBytes else {
            throw SafetensorsError.trailingData(file: source, expected: filled, got: dataBytes)
        }
        return ordered
    }
}

enum Shape {
    /// nil where it does not fit.
    static func byteCount(_ shape: [Int], _ type: ElementType) -> Int? {
        var count = type.byteCount
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}
