import Foundation

/// Numbers for people.
package enum Format {
    package static func loss(_ value: Double) -> String { String(format: "%.4f", value) }

    package static func percent(_ share: Double) -> String { String(format: "%.0f%%", 100 * share) }

    package static func count(_ value: Double) -> String {
        switch value {
        case 1e9...: String(format: "%.1fG", value / 1e9)
        case 1e6...: String(format: "%.1fM", value / 1e6)
        case 1e4...: String(format: "%.1fk", value / 1e3)
        default: String(format: "%.0f", value)
        }
    }

    package static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 359_999))
        return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    }

    package static func seconds(_ duration: Duration) -> String { String(format: "%.1f s", duration / .seconds(1)) }

    package static func bar(_ share: Double, width: Int) -> String {
        let filled = Int(share * Double(width))
        return "[" + String(repeating: "=", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }

    /// Two columns, the second aligned.
    package static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }.joined(
            separator: "\n")
    }
}
