/// How a number beside an item is stored: an IEEE float, little-endian.
package enum ScoreElement: String, Sendable, CaseIterable {
    /// 32 bits: the engine's own.
    case f32
    /// 16 bits: 11 of them are the significand's.
    case f16

    /// Bytes of a number.
    package var byteCount: Int { self == .f32 ? 4 : 2 }

    /// Its name in manifests, which is NumPy's.
    package var numpyName: String { self == .f32 ? "float32" : "float16" }

    /// The type of a name in a manifest.
    init?(numpyName: String) {
        guard let found = Self.allCases.first(where: { $0.numpyName == numpyName }) else { return nil }
        self = found
    }

    /// Numbers as they are stored. Every NaN is the same one, so that equal files have equal bytes.
    func bytes(_ values: some Sequence<Float>) -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .f32:
            for value in values {
                let bits = value.isNaN ? Float.nan.bitPattern : value.bitPattern
                withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
            }
        case .f16:
            for value in values {
                let bits = value.isNaN ? Float16.nan.bitPattern : Float16(value).bitPattern
                withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
            }
        }
        return bytes
    }

    /// Numbers that stand in bytes, a whole number of them.
    func values(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count / byteCount * byteCount, by: byteCount).map { offset in
                switch self {
                case .f32:
                    Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                case .f16:
                    Float(
                        Float16(
                            bitPattern: UInt16(
                                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
                }
            }
        }
    }

    /// Whether a finite number stays finite when it is stored.
    func holds(_ value: Float) -> Bool { self == .f32 || Float16(value).isFinite }
}
