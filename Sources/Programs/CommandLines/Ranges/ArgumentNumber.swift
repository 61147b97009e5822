import ArgumentParser

/// A kind of number that a flag takes. Its ranges are told in `--help` and in errors.
package protocol ArgumentNumber: Comparable, Sendable, ExpressibleByArgument {
    /// In words: "a whole number".
    static var kind: String { get }
    /// As it is written on a command line.
    var written: String { get }
}

extension Int: ArgumentNumber {
    package static var kind: String { "a whole number" }
    package var written: String { "\(self)" }
}

extension UInt64: ArgumentNumber {
    package static var kind: String { "a whole number" }
    package var written: String { "\(self)" }
}

extension Double: ArgumentNumber {
    package static var kind: String { "a number" }
    /// Without a fraction where there is none.
    package var written: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

extension ByteCount: ArgumentNumber {
    package static var kind: String { "a size (500MB, 64MiB)" }
    package var written: String { description }
    package static func < (one: ByteCount, other: ByteCount) -> Bool { one.bytes < other.bytes }
}

extension TimeSpan: ArgumentNumber {
    package static var kind: String { "a time (250ms, 30s, 5m)" }
    package var written: String { description }
    package static func < (one: TimeSpan, other: TimeSpan) -> Bool { one.duration < other.duration }
}
