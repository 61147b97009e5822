import ArgumentParser

/// A kind of number that a flag takes. Its ranges are told in `--help` and in errors.
package protocol ArgumentNumber: Comparable, Sendable, ExpressibleByArgument {
    /// The kind of number in words, for errors: "a whole number".
    static var kind: String { get }
    /// The number as it is written on a command line.
    var written: String { get }
}

extension Int: ArgumentNumber {
    /// "a whole number", for errors.
    package static var kind: String { "a whole number" }
    /// The number in decimal digits.
    package var written: String { "\(self)" }
}

extension UInt64: ArgumentNumber {
    /// "a whole number", for errors.
    package static var kind: String { "a whole number" }
    /// The number in decimal digits.
    package var written: String { "\(self)" }
}

extension Double: ArgumentNumber {
    /// "a number", for errors.
    package static var kind: String { "a number" }
    /// The shortest decimal, without a fraction where there is none.
    package var written: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

extension ByteCount: ArgumentNumber {
    /// "a size" with examples of its units, for errors.
    package static var kind: String { "a size (500MB, 64MiB)" }
    /// The size with the largest unit that gives a whole number.
    package var written: String { description }
    /// Whether the size is smaller in bytes, whatever the units were.
    package static func < (one: ByteCount, other: ByteCount) -> Bool { one.bytes < other.bytes }
}

extension TimeSpan: ArgumentNumber {
    /// "a time" with examples of its units, for errors.
    package static var kind: String { "a time (250ms, 30s, 5m)" }
    /// The time with the largest unit that gives a whole number.
    package var written: String { description }
    /// Whether the time is shorter, whatever the units were.
    package static func < (one: TimeSpan, other: TimeSpan) -> Bool { one.duration < other.duration }
}
