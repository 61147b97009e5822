/// The Castagnoli CRC (RFC 3720, polynomial 0x1EDC6F41, reflected), as TFRecord files carry it.
package enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The plain checksum: 0xE3069283 for the ASCII digits 1 to 9.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
        return crc ^ UInt32.max
    }

    /// The checksum as TFRecord files hold it: rotated right by 15 bits, plus a constant, so that the checksum of bytes that hold
    /// checksums is worth something (TensorFlow, record_writer.cc).
    package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = checksum(bytes)
        return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }
}
