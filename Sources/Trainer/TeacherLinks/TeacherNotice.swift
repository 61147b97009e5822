import HTTPClient

/// What is worth a line while a run looks for its teacher, and waits for it. Whoever composes the run shows it.
package enum TeacherNotice: Sendable {
    /// A teacher that agrees with the run, with its precision and what its server measured.
    case found(teacher: String, servers: [String], precision: String, tokensPerSecond: Double?)
    /// Something that the student has and the teacher has not.
    case remark(String)
    /// A call that waits, before each wait.
    case waiting(ServerWait)
    /// One of several servers that does not answer at the start of a run: its teacher is compared when it does.
    case absent(server: String, reason: String)
    /// One of several servers that has another model by now, while the others are asked; `reason` is the server's.
    case leftOut(server: String, reason: String)
    /// No server has answered at the start, and the run begins with plain next-token loss.
    case beginsWithout(reason: String)
    /// No server answers, and the run goes on with plain next-token loss.
    case goesOnWithout(reason: String)
    /// A server answers again after an outage.
    case answersAgain
}
