import Foundation

/// Numbers for people.
package enum Format {
    /// A loss in nats, with four decimals.
    package static func loss(_ value: Double) -> String { String(format: "%.4f", value) }

    /// A share from 0 to 1 as whole per cent: `20%`.
    package static func percent(_ share: Double) -> String { String(format: "%.0f%%", 100 * share) }

    /// A number with one decimal and k, M or G (powers of 1000) from ten thousand on: `9999`, `10.0k`, `1.5M`.
    package static func count(_ value: Double) -> String {
        switch value {
        case 1e9...: String(format: "%.1fG", value / 1e9)
        case 1e6...: String(format: "%.1fM", value / 1e6)
        case 1e4...: String(format: "%.1fk", value / 1e3)
        default: String(format: "%.0f", value)
        }
    }

    /// Seconds as `h:mm:ss`, cut to whole ones; from 0 to 99:59:59.
    package static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 359_999))
        return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    }

    /// A duration in seconds with one decimal: `1.5 s`.
    package static func seconds(_ duration: Duration) -> String { String(format: "%.1f s", duration / .seconds(1)) }

    /// A bar of `width` characters between brackets, the first part of which is filled: `[===...]`.
    ///
    /// - Parameter share: from 0 to 1; beyond either end there is no bar, and it traps.
    package static func bar(_ share: Double, width: Int) -> String {
        let filled = Int(share * Double(width))
        return "[" + String(repeating: "=", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }

    /// A text that somebody else has written, with what a terminal would take for a command replaced by U+FFFD: control characters
    /// but line ends and tabs, and those that turn the direction of what follows.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isCommand) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isCommand($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: scalar.properties.generalCategory == .control
        }
    }

    /// Rows of two columns, the second aligned two spaces behind the longest first one.
    package static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }.joined(
            separator: "\n")
    }
}
