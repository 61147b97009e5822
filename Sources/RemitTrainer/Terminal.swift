import Foundation

/// Standard error as people see it: a terminal shows one line that changes, anything else gets whole lines.
package final class Terminal: Sendable {
    package static let columns = 80

    let isInteractive: Bool

    package init(isInteractive: Bool) { self.isInteractive = isInteractive }

    convenience init() {
        self.init(
            isInteractive: isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb")
    }

    /// A line that stays.
    func line(_ text: String) {
        write((isInteractive ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// A line that the next one replaces. Shown on a terminal only.
    func status(_ text: String) {
        guard isInteractive else { return }
        write("\r\u{1B}[K" + String(text.prefix(Self.columns - 1)))
    }

    /// A reader that has gone away stops nothing.
    private func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
