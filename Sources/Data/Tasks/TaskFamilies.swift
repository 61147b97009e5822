/// All families, by name.
package enum TaskFamilies {
    package static let all: [any TaskFamily] = [
        Addition(), Subtraction(), Multiplication(), Modulus(), Sorting(), Reversal(), BracketClosing(), Counting(),
        Maximum(), LetterShift(),
    ]

    package static var names: [String] { all.map(\.name) }

    package static func named(_ name: String) throws(TaskError) -> any TaskFamily {
        guard let family = all.first(where: { $0.name == name }) else {
            throw .unknownFamily(name: name, known: names)
        }
        return family
    }

    /// The families of a list separated by commas, or of `all`; nil where the first name is none of ours, so that it may mean something
    /// else.
    package static func selection(_ list: String) throws(TaskError) -> [String]? {
        if list == "all" { return names }
        let chosen = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let first = chosen.first, names.contains(first) else { return nil }
        for name in chosen { _ = try named(name) }
        return chosen
    }

    /// Whose prompt it is; no two families share one.
    package static func problem(prompt: String) -> TaskProblem? {
        for family in all {
            if let problem = family.problem(prompt: prompt) { return problem }
        }
        return nil
    }

    /// Different held-out problems of a family: always the same for a seed, the first `n` of them whatever `count` is. Fewer where
    /// the family has not so many.
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

package enum TaskError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownFamily(name: String, known: [String])
    case shareOutOfRange(name: String, got: Double)
    case noFamilies

    package var description: String {
        switch self {
        case .unknownFamily(let name, let known):
            "there is no task family \"\(name)\"; the families are \(known.joined(separator: ", "))"
        case .shareOutOfRange(let name, let got):
            "\(name) is a share from 0 to 1, got \(got)"
        case .noFamilies:
            "a mix with reasoning documents needs at least one task family"
        }
    }
}
