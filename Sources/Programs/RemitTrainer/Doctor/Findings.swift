import Foundation

/// What an examination found, the worst first.
struct Findings: Sendable {
    enum Grade: Int, Sendable, Comparable {
        case wrong, doubtful, fine

        static func < (left: Grade, right: Grade) -> Bool { left.rawValue < right.rawValue }

        var mark: String {
            switch self {
            case .wrong: "WRONG"
            case .doubtful: "look"
            case .fine: "ok"
            }
        }
    }

    struct Finding: Sendable {
        var grade: Grade
        var subject: String
        var text: String
    }

    private(set) var all: [Finding] = []
    /// Shown below the findings: the weights of the sample.
    var histogram: [String] = []

    var isHealthy: Bool { !all.contains { $0.grade == .wrong } }

    mutating func add(_ grade: Grade, _ subject: String, _ text: String) {
        all.append(Finding(grade: grade, subject: subject, text: text))
    }

    /// Runs a check; what it throws is a finding, and nil is returned.
    mutating func examining<Value>(_ subject: String, _ body: (inout Findings) throws -> Value) -> Value? {
        do {
            return try body(&self)
        } catch {
            add(.wrong, subject, "\(error)")
            return nil
        }
    }

    var text: String {
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
