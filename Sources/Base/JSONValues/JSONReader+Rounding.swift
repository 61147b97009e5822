// Decimal to binary, correctly rounded. Clinger's fast path: an integer of at most 53 bits times or over a power of ten
// of at most 10^22, both exact doubles, is one rounding. Anything else goes to the standard library.
extension JSONReader {
    func double(_ number: Number) throws -> Double {
        if let value = fastDouble(number) { return value }
        guard let value = Double(slowText(number)), value.isFinite else {
            throw JSONError.numberOutOfRange(
                path: pathText, expected: "a number within a 64-bit float's range", got: literal(number))
        }
        return value
    }

    /// A double that is the rounded decimal rounds to the same float as the decimal itself unless it lies exactly
    /// halfway between two floats (the first rounding may have put it there): then the decimal is read again.
    func float(_ number: Number) throws -> Float {
        if let wide = fastDouble(number) {
            let isHalfway = wide.bitPattern & 0x1FFF_FFFF == 0x1000_0000
            if wide == 0 || (!isHalfway && Self.normalFloats.contains(wide.magnitude)) { return Float(wide) }
        }
        guard let value = Float(slowText(number)), value.isFinite else {
            throw JSONError.numberOutOfRange(
                path: pathText, expected: "a number within a 32-bit float's range", got: literal(number))
        }
        return value
    }

    private func fastDouble(_ number: Number) -> Double? {
        guard number.isExact, number.digits <= 1 << 53, (-22...22).contains(number.exponent) else { return nil }
        let digits = Double(number.digits)
        let power = Self.powersOfTen[abs(number.exponent)]
        let value = number.exponent < 0 ? digits / power : digits * power
        return number.isNegative ? -value : value
    }

    private func slowText(_ number: Number) -> String {
        String(decoding: bytes[number.range], as: UTF8.self)
    }

    private static let normalFloats = Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude)

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
