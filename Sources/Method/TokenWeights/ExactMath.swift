/// The exponential in plain IEEE operations. The C library's own picks its code by the CPU (with or without fused
/// multiply-add), so that server and trainer on two machines could differ in the last bit of a weight.
enum ExactMath {
    /// 1 / (1 + e^-x). Exactly 1/2 at 0, and sigmoid(x) + sigmoid(-x) = 1 up to rounding.
    static func sigmoid(_ x: Double) -> Double {
        let power = exp(-x.magnitude)
        return x < 0 ? power / (1 + power) : 1 / (1 + power)
    }

    /// e^x for x <= 0, within 2 units in the last place; 0 where it would be below 2^-1022.
    ///
    /// e^x = 2^k e^r, |r| <= ln 2 / 2; k ln 2 is subtracted in two parts, the first of them exact. The Taylor sum of
    /// degree 13 is cut at less than 2^-57.
    static func exp(_ x: Double) -> Double {
        guard x > -708 else { return 0 }
        let k = (x * 0x1.71547652b82fep+0).rounded()
        let r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
        var sum = inverseFactorials[inverseFactorials.count - 1]
        for coefficient in inverseFactorials.dropLast().reversed() { sum = sum * r + coefficient }
        return Double(sign: .plus, exponent: Int(k), significand: sum)
    }

    /// 1 / n!, n = 0...13.
    private static let inverseFactorials: [Double] = (0...13).map { n in
        1 / (1...max(n, 1)).reduce(1.0) { $0 * Double($1) }
    }
}
