import Foundation

/// Student's t distribution with a whole number of degrees of freedom.
package enum StudentT {
    /// P(|T| <= `t`), exactly but for rounding: for whole degrees of freedom the integral is a finite sum in the angle
    /// theta = atan(t / sqrt(nu)) (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    /// - Parameters:
    ///   - t: not negative.
    ///   - degreesOfFreedom: nu, 1 or more; the sum has nu / 2 terms.
    package static func probability(within t: Double, degreesOfFreedom: Int) -> Double {
        precondition(degreesOfFreedom >= 1 && t >= 0, "expected t >= 0 and 1 or more degrees of freedom")
        let angle = atan2(t, Double(degreesOfFreedom).squareRoot())
        let (sine, cosine) = (sin(angle), cos(angle))
        let isOdd = !degreesOfFreedom.isMultiple(of: 2)
        var term = isOdd ? cosine : 1
        var sum = 0.0
        for step in stride(from: isOdd ? 1 : 0, through: degreesOfFreedom - 2, by: 2) {
            sum += term
            term *= cosine * cosine * Double(step + 1) / Double(step + 2)
        }
        return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
    }

    /// The t that |T| stays within with probability `share`: the factor of a two-sided interval.
    /// - Parameter share: above 0 and below 1.
    package static func factor(share: Double, degreesOfFreedom: Int) -> Double {
        precondition(share > 0 && share < 1, "expected a share between 0 and 1")
        var (low, high) = (0.0, 1.0)
        while probability(within: high, degreesOfFreedom: degreesOfFreedom) < share { (low, high) = (high, 2 * high) }
        while case let middle = (low + high) / 2, middle > low, middle < high {
            if probability(within: middle, degreesOfFreedom: degreesOfFreedom) < share {
                low = middle
            } else {
                high = middle
            }
        }
        return high
    }
}
