import ArgumentParser

/// A size as people write it: a number of bytes, or one with a unit: kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB
/// (powers of 1024), in any case, fractions allowed: `1.5GiB`.
package struct ByteCount: Equatable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// The size in bytes.
    package let bytes: Int

    package init(_ bytes: Int) { self.bytes = bytes }

    /// Reads a size as people write it, spaces ignored; nil for another unit, a sign, or more than fits. Fractions are rounded to
    /// bytes.
    package init?(argument: String) {
        let text = argument.lowercased().filter { $0 != " " }
        let number = text.prefix { $0.isNumber || $0 == "." }
        guard let factor = Self.factors[String(text.dropFirst(number.count))] else { return nil }
        if let whole = Int(number) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            self.bytes = bytes
        } else {
            guard let value = Double(number), value.isFinite, value * Double(factor) < 0x1p62 else { return nil }
            bytes = Int((value * Double(factor)).rounded())
        }
    }

    /// The size in a short exact form, with the largest unit that gives a whole number: `64MiB`, `5GB`, `1500`.
    package var description: String {
        let unit = Self.shownUnits.first { bytes > 0 && bytes % (Self.factors[$0.lowercased()] ?? 1) == 0 }
        return unit.map { "\(bytes / (Self.factors[$0.lowercased()] ?? 1))\($0)" } ?? "\(bytes)"
    }

    private static let shownUnits = ["TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB"]

    /// The default as `--help` shows it, in the form that the flag takes.
    package var defaultValueDescription: String { description }

    private static let factors: [String: Int] = [
        "": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    ]
}
