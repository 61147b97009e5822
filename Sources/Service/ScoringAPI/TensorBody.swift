import Checkpoints
import JSONValues

/// A safetensors body being read: tensors by name, each of the type and length agreed.
struct TensorBody {
    let header: SafetensorsHeader
    private let bytes: [UInt8]

    init(_ bytes: [UInt8], source: String) throws {
        do {
            header = try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: source) }
        } catch let error as SafetensorsError {
            throw WireError.malformedSafetensors(error)
        }
        self.bytes = bytes
    }

    /// Refuses, as a server does, a tensor that is not one of these.
    func rejectTensors(notAmong known: [String]) throws {
        for entry in header.entries where !known.contains(entry.name) {
            throw WireError.invalidTensor(
                name: entry.name.shortened(toBytes: 80), expected: "one of \(known.joined(separator: ", "))",
                got: "an unknown tensor")
        }
    }

    func has(_ name: String) -> Bool { header.entry(name) != nil }

    /// 0 where there is no such tensor.
    func elementCount(_ name: String) -> Int { header.entry(name)?.elementCount ?? 0 }

    func floats(_ name: String, count: Int?) throws -> [Float] {
        let entry = try entry(name, [.f32], count)
        return elements(entry, as: UInt32.self).map { Float(bitPattern: $0) }
    }

    func ints(_ name: String, count: Int? = nil) throws -> [Int] {
        let entry = try entry(name, [.i64], count)
        return elements(entry, as: Int64.self).map { Int($0) }
    }

    func mask(_ name: String, count: Int) throws -> [Bool] {
        let entry = try entry(name, [.u8, .bool], count)
        return try elements(entry, as: UInt8.self).enumerated().map { at, value in
            guard value <= 1 else {
                throw WireError.invalidTensor(name: name, expected: "0 or 1 at [\(at)]", got: "\(value)")
            }
            return value == 1
        }
    }

    /// Token ids of any of the three types, as wide as they come.
    func tokenIDs(_ name: String) throws -> [Int] {
        let entry = try entry(name, [.u32, .i32, .i64], nil)
        return switch entry.elementType {
        case .u32: elements(entry, as: UInt32.self).map { Int($0) }
        case .i32: elements(entry, as: Int32.self).map { Int($0) }
        default: elements(entry, as: Int64.self).map { Int($0) }
        }
    }

    func int32Rows(_ name: String, rows: Int) throws -> (columns: Int, values: [Int32]) {
        let entry = try matrix(name, .i32, rows: rows)
        return (entry.shape[1], elements(entry, as: Int32.self))
    }

    func floatRows(_ name: String, rows: Int) throws -> (columns: Int, values: [Float]) {
        let entry = try matrix(name, .f32, rows: rows)
        return (entry.shape[1], elements(entry, as: UInt32.self).map { Float(bitPattern: $0) })
    }

    func floatRows(_ name: String, columns: Int) throws -> (rows: Int, values: [Float]) {
        let entry = try matrix(name, .f32, columns: columns)
        return (entry.shape[0], elements(entry, as: UInt32.self).map { Float(bitPattern: $0) })
    }

    /// Entry of a tensor with so many rows or columns, and at least one of either.
    private func matrix(
        _ name: String, _ type: ElementType, rows: Int? = nil, columns: Int? = nil
    ) throws -> SafetensorsHeader.Entry {
        let expected = "\(type.rawValue) [\(rows.map(String.init) ?? "k"), \(columns.map(String.init) ?? "k")]"
        guard let entry = header.entry(name) else {
            throw WireError.invalidTensor(name: name, expected: expected, got: "no such tensor")
        }
        guard entry.elementType == type, entry.shape.count == 2, entry.shape[0] == rows ?? entry.shape[0],
            entry.shape[1] == columns ?? entry.shape[1], entry.elementCount > 0 || rows == 0 && entry.shape[1] > 0
        else {
            throw WireError.invalidTensor(
                name: name, expected: expected, got: "\(entry.elementType.rawValue) \(entry.shape)")
        }
        return entry
    }

    private func entry(_ name: String, _ types: [ElementType], _ count: Int?) throws -> SafetensorsHeader.Entry {
        let typeNames = types.map(\.rawValue).joined(separator: " or ")
        let expected = "\(typeNames) [\(count.map(String.init) ?? "N")]"
        guard let entry = header.entry(name) else {
            throw WireError.invalidTensor(name: name, expected: expected, got: "no such tensor")
        }
        guard types.contains(entry.elementType), entry.shape.count == 1, count == nil || entry.shape == [count] else {
            throw WireError.invalidTensor(
                name: name, expected: expected, got: "\(entry.elementType.rawValue) \(entry.shape)")
        }
        return entry
    }

    private func elements<Element: FixedWidthInteger>(_ entry: SafetensorsHeader.Entry, as: Element.Type) -> [Element] {
        let width = MemoryLayout<Element>.size
        let start = header.dataOffset + entry.byteRange.lowerBound
        return bytes.withUnsafeBytes { bytes in
            (0..<entry.elementCount).map { at in
                Element(littleEndian: bytes.loadUnaligned(fromByteOffset: start + at * width, as: Element.self))
            }
        }
    }
}

extension SafetensorsWriter.Source {
    init(_ name: String, _ values: [Float]) {
        self.init(name: name, elementType: .f32, shape: [values.count], bytes: Self.bytes(values.map(\.bitPattern)))
    }

    init(_ name: String, _ values: [Int]) {
        self.init(name: name, elementType: .i64, shape: [values.count], bytes: Self.bytes(values.map { Int64($0) }))
    }

    init(_ name: String, _ values: [Int32]) {
        self.init(name: name, elementType: .i32, shape: [values.count], bytes: Self.bytes(values))
    }

    init(_ name: String, _ values: [Float], columns: Int) {
        self.init(
            name: name, elementType: .f32, shape: [values.count / columns, columns],
            bytes: Self.bytes(values.map(\.bitPattern)))
    }

    init(_ name: String, _ values: [Int32], columns: Int) {
        self.init(
            name: name, elementType: .i32, shape: [values.count / columns, columns], bytes: Self.bytes(values))
    }

    init(_ name: String, _ values: [Bool]) {
        self.init(name: name, elementType: .u8, shape: [values.count], bytes: values.map { $0 ? 1 : 0 })
    }

    private static func bytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
        values.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }
}
