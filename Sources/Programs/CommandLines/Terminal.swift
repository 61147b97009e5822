import Formats
import Foundation
import System

/// Standard error as people see it: a terminal shows one line that changes, anything else gets whole lines.
package final class Terminal: Sendable {
    /// Columns that are taken where a terminal does not say how wide it is.
    package static let usualColumns = 80
    /// Off a terminal a line of progress is printed at most this often.
    private static let plainInterval = Duration.seconds(5)

    /// Whether a line can be replaced on it: standard error is a terminal, and not a dumb one.
    package let isInteractive: Bool
    private let fixedColumns: Int?
    private let lastPlain = Locked<ContinuousClock.Instant?>(nil)

    /// - Parameter columns: nil: as wide as standard error's terminal is now.
    package init(isInteractive: Bool, columns: Int? = nil) {
        self.isInteractive = isInteractive
        fixedColumns = columns
    }

    /// Standard error as it is: interactive where it is a terminal and TERM is not `dumb`.
    package convenience init() {
        self.init(
            isInteractive: isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb")
    }

    /// Columns of the terminal, asked each time: a window can be made narrower while a run goes on.
    package var columns: Int { fixedColumns ?? Self.columns(of: STDERR_FILENO) }

    /// Columns of the terminal behind a file descriptor; `usualColumns` where there is none, or it does not say.
    package static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return usualColumns }
        return Int(size.ws_col)
    }

    /// Prints a line that stays. What a terminal would take for a command is replaced: a text may be a server's.
    package func line(_ text: String) {
        write((isInteractive ? "\r\u{1B}[K" : "") + Format.printable(text) + "\n")
    }

    /// Shows a line that the next one replaces, cut where the terminal ends. On a terminal only.
    package func status(_ text: String) {
        guard isInteractive else { return }
        write("\r\u{1B}[K" + Format.printable(String(text.prefix(max(1, columns - 1)))))
    }

    /// Shows a status on a terminal; elsewhere prints a line, unless one was printed a moment ago.
    ///
    /// - Parameter always: the first or the last of its kind: printed in any case.
    package func progress(_ text: String, always: Bool = false) {
        guard !isInteractive else { return status(text) }
        let isDue = lastPlain.withLock { last in
            guard always || last.map({ .now - $0 >= Self.plainInterval }) ?? true else { return false }
            last = .now
            return true
        }
        if isDue { line(text) }
    }

    /// Shows how far a piece of work is; off a terminal nothing is said of one that is done within a moment.
    ///
    /// - Parameter always: the last of its kind: printed in any case.
    package func progress(_ work: WorkProgress, always: Bool = false) {
        guard isInteractive || always || work.elapsed >= Self.plainInterval / .seconds(1) else { return }
        progress(work.line(columns: isInteractive ? columns : nil), always: always)
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
