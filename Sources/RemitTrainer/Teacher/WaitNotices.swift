import CommandLines
import Locks
import ScoringClient

/// Tells the user why the run waits for a server, once for each reason and delay that is worth a line.
final class WaitNotices: Sendable {
    private static let worthALine = Duration.seconds(1)

    private let terminal: Terminal
    private let last = Locked<String?>(nil)

    init(_ terminal: Terminal) { self.terminal = terminal }

    func show(_ wait: ServerWait) {
        let text = "waiting for \(wait.server): \(wait.reason)"
        let isNew = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNew || wait.delay >= Self.worthALine {
            terminal.line("\(text), again in \(Format.seconds(wait.delay))")
        }
    }
}
