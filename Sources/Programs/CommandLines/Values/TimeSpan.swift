import ArgumentParser

/// A time as people write it: seconds, or a number with a unit: `250ms`, `30s`, `5m`, `1h`.
package struct TimeSpan: Equatable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// The time; from 0 to 365 days where it was read from an argument.
    package let duration: Duration

    package init(_ duration: Duration) { self.duration = duration }

    /// Reads a time as people write it, rounded to milliseconds; nil for another unit, or more than 365 days.
    package init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        guard let factor = Self.factors[String(argument.dropFirst(number.count))], let value = Double(number),
            (0...31_536_000).contains(value * factor)
        else { return nil }
        duration = .milliseconds((value * factor * 1000).rounded())
    }

    /// The largest unit that gives a whole number: `5m`, `90s`, `250ms`.
    package var description: String {
        let milliseconds = Int((duration / .milliseconds(1)).rounded())
        for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        where milliseconds % size == 0 && milliseconds > 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return "\(milliseconds)ms"
    }

    /// The default as `--help` shows it, in the form that the flag takes.
    package var defaultValueDescription: String { description }

    private static let factors: [String: Double] = ["": 1, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
}
