import Tasks

/// Why none of many completions was right, as far as it can be told, with one of them to look at.
package struct NothingRight: Sendable, Equatable, CustomStringConvertible {
    /// Completions that were judged.
    package let completions: Int
    /// Those that the model ended itself.
    package let finished: Int
    /// Those that hold the right answer, in another form than it is asked for.
    package let misplaced: Int
    /// Longest completion in tokens.
    package let maxNewTokens: Int
    /// The first of them.
    package let example: Attempt

    /// Looks for the reason.
    ///
    /// - Parameters:
    ///   - attempts: one or more.
    ///   - finished: how many of them the model ended itself.
    package init(_ attempts: [Attempt], finished: Int, maxNewTokens: Int) {
        precondition(!attempts.isEmpty, "nothing was asked")
        completions = attempts.count
        self.finished = finished
        self.maxNewTokens = maxNewTokens
        example = attempts[0]
        misplaced = attempts.count { attempt in
            TaskFamilies.problem(prompt: attempt.prompt).map { attempt.completion.contains($0.answer) } ?? false
        }
    }

    /// What was counted, what was expected, one example of what was got.
    package var description: String {
        var reasons: [String] = []
        if finished < completions {
            reasons.append(
                "\(completions - finished) of \(completions) completions never ended within --max-new-tokens \(maxNewTokens)"
            )
        }
        let problem = TaskFamilies.problem(prompt: example.prompt)
        if problem != nil, misplaced > 0 {
            reasons.append("\(misplaced) hold the right answer, but not as the last part of a first line that is ended")
        } else if problem != nil {
            reasons.append("none holds the right answer")
        }
        let expected =
            problem.map { "expected \(Self.shown($0.solution)) (steps of any kind, ';', the answer, a line end)" }
            ?? "expected what the reward command pays for"
        reasons.append(
            "for the prompt \(Self.shown(example.prompt)) \(expected), got \(Self.shown(example.completion))")
        return reasons.joined(separator: "; ")
    }

    private static func shown(_ text: String) -> String {
        let most = 60
        return String(text.prefix(most)).debugDescription + (text.count > most ? "..." : "")
    }
}
