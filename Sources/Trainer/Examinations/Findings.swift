import Foundation

/// What an examination found, the worst first.
package struct Findings: Sendable {
    /// How bad a finding is, the worst first.
    package enum Grade: Int, Sendable, Comparable {
        case wrong, doubtful, fine

        package static func < (left: Grade, right: Grade) -> Bool { left.rawValue < right.rawValue }

        var mark: String {
            switch self {
            case .wrong: "WRONG"
            case .doubtful: "look"
            case .fine: "ok"
            }
        }
    }

    private struct Finding: Sendable {
        var grade: Grade
        var subject: String
        var text: String
    }

    private var all: [Finding] = []
    /// Shown below the findings: the weights of the sample.
    package var histogram: [String] = []

    package init() {}

    /// Whether nothing is wrong.
    package var isHealthy: Bool { !all.contains { $0.grade == .wrong } }

    /// Adds a finding; `subject` is a word, `text` a line.
    package mutating func add(_ grade: Grade, _ subject: String, _ text: String) {
        all.append(Finding(grade: grade, subject: subject, text: text))
    }

    /// Runs a check; what it throws is a finding, and nil is returned.
    package mutating func examining<Value>(_ subject: String, _ body: (inout Findings) throws -> Value) -> Value? {
        do {
            return try body(&self)
        } catch {
            add(.wrong, subject, "\(error)")
            return nil
        }
    }

    /// A line for each finding, and the verdict.
    package var text: String {
        let sorted = all.enumerated().sorted { ($0.element.grade, $0.offset) < ($1.element.grade, $1.offset) }
        let width = all.map(\.subject.count).max() ?? 0
        let lines = sorted.map { _, finding in
            finding.grade.mark.padding(toLength: 7, withPad: " ", startingAt: 0)
                + finding.subject.padding(toLength: width + 2, withPad: " ", startingAt: 0) + finding.text
        }
        let wrong = all.count { $0.grade == .wrong }
        let verdict =
            wrong == 0
            ? "nothing is wrong: the run can begin" : "\(wrong) \(wrong == 1 ? "thing is" : "things are") wrong"
        return (lines + (histogram.isEmpty ? [] : [""] + histogram) + ["", verdict]).joined(separator: "\n")
    }
}
