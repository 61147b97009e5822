import ArgumentParser

/// The numbers that a flag takes, declared once: the parser refuses all others, and `--help` shows them.
package protocol ArgumentBounds<Bound>: Sendable {
    associatedtype Bound: ArgumentNumber

    func contains(_ number: Bound) -> Bool
    /// "1 to 1024".
    var written: String { get }
}

extension ClosedRange: ArgumentBounds where Bound: ArgumentNumber {
    package var written: String { "\(lowerBound.written) to \(upperBound.written)" }
}

/// Numbers above 0 up to a largest one.
package struct AboveZero: ArgumentBounds {
    package let largest: Double

    package init(to largest: Double) { self.largest = largest }

    /// Not a number is in no range.
    package func contains(_ number: Double) -> Bool { number > 0 && number <= largest }
    package var written: String { "above 0, at most \(largest.written)" }
}

extension ArgumentBounds {
    /// - Throws: `ValidationError` with what is expected; the parser adds what it got, and for which flag.
    package func number(_ text: String) throws -> Bound {
        guard let number = Bound(argument: text), contains(number) else {
            throw ValidationError("expected \(Bound.kind), \(written)")
        }
        return number
    }
}
