/// The ten families of problems, by name.
package enum TaskFamilies {
    /// Every family. The order decides which held-out problems a seed gives: a new family goes last.
    package static let all: [any TaskFamily] = [
        Addition(), Subtraction(), Multiplication(), Modulus(), Sorting(), Reversal(), BracketClosing(), Counting(),
        Maximum(), LetterShift(),
    ]

    /// Names of all families, in the order of `all`.
    package static var names: [String] { all.map(\.name) }

    /// Finds a family by its exact name.
    ///
    /// - Throws: `TaskError.unknownFamily`, which lists the names there are.
    package static func named(_ name: String) throws(TaskError) -> any TaskFamily {
        guard let family = all.first(where: { $0.name == name }) else {
            throw .unknownFamily(name: name, known: names)
        }
        return family
    }

    /// Names in a list separated by commas, or all names for `all`; nil where the first is no family, so that the text may mean
    /// something else (a command, say).
    ///
    /// - Throws: `TaskError.unknownFamily` where the first name is a family and a later one is not.
    package static func selection(_ list: String) throws(TaskError) -> [String]? {
        if list == "all" { return names }
        let chosen = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let first = chosen.first, names.contains(first) else { return nil }
        for (at, name) in chosen.enumerated() {
            _ = try named(name)
            // Its problems would count twice, and an interval over them would be too narrow.
            if chosen[..<at].contains(name) { throw .familyTwice(name: name) }
        }
        return chosen
    }

    /// The problem that a prompt states, whichever family's it is; nil where no family has such a prompt. No two families share a
    /// prompt.
    package static func problem(prompt: String) -> TaskProblem? {
        for family in all {
            if let problem = family.problem(prompt: prompt) { return problem }
        }
        return nil
    }

    /// Different held-out problems of a family: always the same for a seed, the first `n` of them whatever `count` is.
    ///
    /// - Returns: `count` problems, or fewer where the family has not so many: the search ends after 2000 draws in a row that gave
    ///   nothing new.
    package static func heldOut(_ family: any TaskFamily, count: Int, seed: UInt64) -> [TaskProblem] {
        var random = TaskRandom(seed: seed, index: names.firstIndex(of: family.name) ?? 0)
        var seen: Set<String> = []
        var problems: [TaskProblem] = []
        var misses = 0
        while problems.count < count, misses < 2000 {
            let problem = family.draw(.heldOut, using: &random)
            if seen.insert(problem.canonical).inserted {
                problems.append(problem)
                misses = 0
            } else {
                misses += 1
            }
        }
        return problems
    }
}

/// A mix of tasks that cannot be drawn from.
package enum TaskError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A name that is no family's; `known` lists those there are.
    case unknownFamily(name: String, known: [String])
    /// A share below 0, above 1 or not a number.
    case familyTwice(name: String)
    case shareOutOfRange(name: String, got: Double)
    /// A mix with a reasoning share above 0 and no family to draw from.
    case noFamilies

    package var description: String {
        switch self {
        case .unknownFamily(let name, let known):
            "there is no task family \"\(name)\"; the families are \(known.joined(separator: ", "))"
        case .familyTwice(let name):
            "the task family \"\(name)\" is named twice; name it once"
        case .shareOutOfRange(let name, let got):
            "\(name) is a share from 0 to 1, got \(got)"
        case .noFamilies:
            "a mix with reasoning documents needs at least one task family"
        }
    }
}
