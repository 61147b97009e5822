import CommandLines
import ScoringAPI
import ScoringClient
import System

/// Tells the user why the run waits for a server, once for each reason and delay that is worth a line.
final class WaitNotices: Sendable {
    private static let worthALine = Duration.seconds(1)

    private let terminal: Terminal
    private let last = Locked<String?>(nil)
    private let setAside = Locked<Set<String>>([])

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

    /// At the start of a run, of one of several servers.
    func isAway(_ server: String, _ reason: String) {
        terminal.line("\(server) does not answer yet (\(reason)): its teacher is compared when it does")
    }

    /// Of a server that has another model by now, while others are asked: each told once.
    func isSetAside(_ error: ScoringClientError) {
        guard case .refused(let server, let problem) = error else { return }
        // Not the request's id, which is another each time.
        let text = "\(server) is left out, it has another model: \(problem.detail)"
        if setAside.withLock({ $0.insert(text).inserted }) { terminal.line(text) }
    }
}
