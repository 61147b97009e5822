import ArgumentParser

/// The numbers that a flag takes, declared once: the parser refuses all others, and `--help` shows them.
package protocol ArgumentBounds<Bound>: Sendable {
    associatedtype Bound: ArgumentNumber

    func contains(_ number: Bound) -> Bool
    /// The bounds in words, for help and errors: "1 to 1024".
    var written: String { get }
}

extension ClosedRange: ArgumentBounds where Bound: ArgumentNumber {
    /// Both ends in words: "1 to 1024".
    package var written: String { "\(lowerBound.written) to \(upperBound.written)" }
}

/// Numbers above 0 up to a largest one.
package struct AboveZero: ArgumentBounds {
    /// The upper end, which is in the range.
    package let largest: Double

    /// - Parameter largest: above 0, for any number to be in the range.
    package init(to largest: Double) { self.largest = largest }

    /// Whether the number is above 0 and not above the largest. Not a number is in no range.
    package func contains(_ number: Double) -> Bool { number > 0 && number <= largest }
    /// The bounds in words: "above 0, at most 1".
    package var written: String { "above 0, at most \(largest.written)" }
}

extension ArgumentBounds {
    /// Reads a number that is in the bounds.
    ///
    /// - Throws: `ValidationError` with what is expected; the parser adds what it got, and for which flag.
    package func number(_ text: String) throws -> Bound {
        guard let number = Bound(argument: text), contains(number) else {
            throw ValidationError("expected \(Bound.kind), \(written)")
        }
        return number
    }
}
