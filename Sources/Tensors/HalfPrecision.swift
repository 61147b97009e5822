import CKernels

/// Conversions between f32 and the 16-bit formats: to nearest, ties to even; NaN stays NaN.
package enum HalfPrecision {
    package static func encodeBF16(_ values: UnsafeBufferPointer<Float>, into bits: UnsafeMutablePointer<UInt16>) {
        guard let base = values.baseAddress else { return }
        remit_f32_to_bf16(KernelPath.best.rawValue, values.count, base, bits)
    }

    package static func encodeF16(_ values: UnsafeBufferPointer<Float>, into bits: UnsafeMutablePointer<UInt16>) {
        guard let base = values.baseAddress else { return }
        remit_f32_to_f16(KernelPath.best.rawValue, values.count, base, bits)
    }

    package static func decodeBF16(_ bits: UnsafeBufferPointer<UInt16>, into values: UnsafeMutablePointer<Float>) {
        guard let base = bits.baseAddress else { return }
        remit_bf16_to_f32(KernelPath.best.rawValue, bits.count, base, values)
    }

    package static func decodeF16(_ bits: UnsafeBufferPointer<UInt16>, into values: UnsafeMutablePointer<Float>) {
        guard let base = bits.baseAddress else { return }
        remit_f16_to_f32(KernelPath.best.rawValue, bits.count, base, values)
    }
}
