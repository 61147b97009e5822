/// How an array of token ids is stored: little-endian integers.
package enum TokenElement: String, Sendable, CaseIterable {
    case uint8, uint16, uint32, int16, int32, int64, uint64

    var byteCount: Int {
        switch self {
        case .uint8: 1
        case .uint16, .int16: 2
        case .uint32, .int32: 4
        case .int64, .uint64: 8
        }
    }

    /// The largest id that it holds.
    var largest: Int {
        switch self {
        case .uint8: Int(UInt8.max)
        case .uint16: Int(UInt16.max)
        case .uint32: Int(UInt32.max)
        case .int16: Int(Int16.max)
        case .int32: Int(Int32.max)
        case .int64, .uint64: Int.max
        }
    }

    /// What an array without header is taken for, unless the user says otherwise.
    package static func smallest(forVocabulary size: Int) -> TokenElement {
        switch size {
        case ...0x100: .uint8
        case ...0x1_0000: .uint16
        default: .uint32
        }
    }

    /// The type of a numpy header's `descr`; nil for what holds no ids and for big-endian.
    init?(descr: Substring) {
        let types: [Substring: TokenElement] = [
            "|u1": .uint8, "<u2": .uint16, "<u4": .uint32, "<u8": .uint64, "<i2": .int16, "<i4": .int32, "<i8": .int64,
        ]
        guard let type = types[descr] else { return nil }
        self = type
    }

    /// The type of a name as NumPy understands it, `uint32`, `<u4` or `u4`; nil for what holds no ids and for big-endian.
    package init?(numpyName name: String) {
        guard
            let type = Self(rawValue: name) ?? Self(descr: name[...]) ?? Self(descr: "<" + name)
                ?? Self(descr: "|" + name)
        else { return nil }
        self = type
    }

    /// The type of a Megatron index's code; nil for what holds no ids.
    init?(megatronCode: UInt8) {
        let types: [UInt8: TokenElement] = [1: .uint8, 3: .int16, 4: .int32, 5: .int64, 8: .uint16]
        guard let type = types[megatronCode] else { return nil }
        self = type
    }

    /// Hands each whole element of `bytes` to `body`.
    @inline(__always)
    func forEach<Failure>(_ bytes: UnsafeRawBufferPointer, _ body: (Int) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .uint8: try Self.forEach(bytes, UInt8.self, body)
        case .uint16: try Self.forEach(bytes, UInt16.self, body)
        case .uint32: try Self.forEach(bytes, UInt32.self, body)
        case .uint64: try Self.forEach(bytes, UInt64.self, body)
        case .int16: try Self.forEach(bytes, Int16.self, body)
        case .int32: try Self.forEach(bytes, Int32.self, body)
        case .int64: try Self.forEach(bytes, Int64.self, body)
        }
    }

    @inline(__always)
    private static func forEach<Element: FixedWidthInteger & BitwiseCopyable, Failure>(
        _ bytes: UnsafeRawBufferPointer, _: Element.Type, _ body: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let size = MemoryLayout<Element>.size
        for offset in stride(from: 0, to: bytes.count / size * size, by: size) {
            try body(
                Int(clamping: Element(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Element.self))))
        }
    }
}
