import CommandLines
import Formats
import HTTPClient
import System
import TeacherLinks

/// Tells the user of a run's teacher, and why the run waits for it: once for each reason and delay that is worth a line.
final class TeacherNotices: Sendable {
    private static let worthALine = Duration.seconds(1)

    private let terminal: Terminal
    private let last = Locked<String?>(nil)
    private let leftOut = Locked<Set<String>>([])

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// - Parameter domain: that which the teacher teaches; nil: all documents, or those without a teacher of their own.
    func show(_ notice: TeacherNotice, domain: String? = nil) {
        switch notice {
        case .found(let teacher, let servers, let precision, let tokensPerSecond):
            let speed = tokensPerSecond.map { ", \(Format.count($0)) tokens/s" } ?? ""
            terminal.line(
                "teacher\(domain.map { " of \($0)" } ?? ""): \(teacher) at \(servers.joined(separator: ", ")), \(precision)\(speed)"
            )
        case .remark(let text): terminal.line("warning: " + text)
        case .waiting(let wait): show(wait)
        case .absent(let server, let reason):
            terminal.line("\(server) does not answer yet (\(reason)): its teacher is compared when it does")
        case .leftOut(let server, let reason):
            let text = "\(server) is left out, it has another model: \(reason)"
            if leftOut.withLock({ $0.insert(text).inserted }) { terminal.line(text) }
        case .beginsWithout(let reason):
            terminal.line(
                "no server answers (\(reason)): beginning with the plain next-token loss; the teacher is looked for at every step, "
                    + "and compared with the run when it answers")
        case .goesOnWithout(let reason):
            terminal.line("no server answers (\(reason)): going on with the plain next-token loss until one does")
        case .answersAgain: terminal.line("the teacher answers again")
        }
    }

    private func show(_ wait: ServerWait) {
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
