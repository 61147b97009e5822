/// The protocol buffers wire format, as far as an event needs it.
struct ProtobufWriter {
    private enum WireType: UInt64 { case varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 }

    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: UInt64, _ value: Int) {
        tag(field, .varint)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ field: UInt64, _ value: Double) {
        tag(field, .fixed64)
        append(value.bitPattern)
    }

    mutating func float(_ field: UInt64, _ value: Float) {
        tag(field, .fixed32)
        append(value.bitPattern)
    }

    mutating func string(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

    /// A packed repeated field.
    mutating func doubles(_ field: UInt64, _ values: [Double]) {
        var packed = ProtobufWriter()
        for value in values { packed.append(value.bitPattern) }
        data(field, packed.bytes)
    }

    mutating func message(_ field: UInt64, _ body: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        body(&message)
        data(field, message.bytes)
    }

    private mutating func data(_ field: UInt64, _ contents: [UInt8]) {
        tag(field, .bytes)
        varint(UInt64(contents.count))
        bytes += contents
    }

    private mutating func tag(_ field: UInt64, _ type: WireType) { varint(field << 3 | type.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
