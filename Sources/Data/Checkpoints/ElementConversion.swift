/// Conversions between f32 and the 16-bit floats. Widening is exact, every NaN included; narrowing rounds to nearest,
/// ties to even. Plain loops over unaligned loads, which the compiler vectorises: a file need not align its data.
package enum ElementConversion {
    /// Element types that `widen` takes.
    package static let widenable: [ElementType] = [.f32, .bf16, .f16]

    /// Turns F32, BF16 or F16 elements into f32, exactly. `source` holds `target.count` elements of `type`; other types are a
    /// precondition's failure.
    package static func widen(
        _ source: UnsafeRawBufferPointer, of type: ElementType, into target: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(source.count == target.count * type.byteCount)
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        switch type {
        case .f32: UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
        case .bf16: widenBF16(from, into: to, count: target.count)
        case .f16: widenF16(from, into: to, count: target.count)
        default: preconditionFailure("\(type.rawValue) is not a float of at most 32 bits")
        }
    }

    /// Turns f32 into F32 or BF16 elements, the latter rounded to nearest, ties to even. `target` takes `source.count` elements of
    /// `type`.
    package static func narrow(
        _ source: UnsafeBufferPointer<Float>, to type: ElementType, into target: UnsafeMutableRawBufferPointer
    ) {
        precondition(target.count == source.count * type.byteCount)
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        switch type {
        case .f32: to.copyMemory(from: from, byteCount: target.count)
        case .bf16:
            for at in 0..<source.count {
                to.storeBytes(of: bf16(from[at]).littleEndian, toByteOffset: 2 * at, as: UInt16.self)
            }
        default: preconditionFailure("floats are written as F32 or BF16")
        }
    }

    /// The bfloat16 nearest to `value`, ties to even; a NaN stays one (its payload is cut and made quiet).
    @inlinable
    package static func bf16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
        return UInt16(truncatingIfNeeded: value.isNaN ? bits >> 16 | 0x40 : rounded)
    }

    private static func widenBF16(_ from: UnsafeRawPointer, into to: UnsafeMutablePointer<Float>, count: Int) {
        for at in 0..<count {
            let bits = from.loadUnaligned(fromByteOffset: 2 * at, as: UInt16.self)
            to[at] = Float(bitPattern: UInt32(bits) << 16)
        }
    }

    /// Exponents are moved by 112. Infinities and NaNs move by another 112; a subnormal is an integer times 2^-24,
    /// made by a subtraction that is exact.
    private static func widenF16(_ from: UnsafeRawPointer, into to: UnsafeMutablePointer<Float>, count: Int) {
        let moved: UInt32 = 112 << 23
        let smallest = Float(bitPattern: 113 << 23)
        for at in 0..<count {
            let bits = UInt32(from.loadUnaligned(fromByteOffset: 2 * at, as: UInt16.self))
            let magnitude = (bits & 0x7FFF) << 13
            let exponent = magnitude & (0x1F << 23)
            let normal = magnitude &+ moved &+ (exponent == 0x1F << 23 ? moved : 0)
            let subnormal = (Float(bitPattern: magnitude &+ (113 << 23)) - smallest).bitPattern
            to[at] = Float(bitPattern: (exponent == 0 ? subnormal : normal) | (bits & 0x8000) << 16)
        }
    }
}
