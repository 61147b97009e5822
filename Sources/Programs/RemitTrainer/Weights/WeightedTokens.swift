import Foundation
import ScoringAPI

/// One scored text for people to look at.
struct WeightedTokens {
    private struct Token {
        var text: String
        var weight: Float
        var teacher: Float
        var student: Float
    }

    private let tokens: [Token]
    private let epsilon: Float
    private let statistics: WeightStatistics?

    /// nil where the answer has no weights.
    init?(_ result: ScoreResult, epsilon: Double) {
        guard let weights = result.weights else { return nil }
        let texts = result.tokens ?? result.tokenIDs.map { "<\($0)>" }
        let students = result.studentLogProbs ?? weights.map { _ in .nan }
        tokens = weights.indices.map {
            Token(text: texts[$0], weight: weights[$0], teacher: result.teacherLogProbs[$0], student: students[$0])
        }
        self.epsilon = Float(epsilon)
        statistics = result.statistics
    }

    /// 24-bit background colours: green above 1, red below, stronger towards the clip.
    var colored: String {
        tokens.map { token in
            guard token.weight > 0 || token.student.isFinite, token.teacher.isFinite else {
                return Self.printable(token.text)
            }
            let share = epsilon > 0 ? max(-1, min(1, (token.weight - 1) / epsilon)) : 0
            let strength = Int(abs(share) * 110)
            let (red, green) = share < 0 ? (40 + strength, 40) : (40, 40 + strength)
            let start = "\u{1B}[48;2;\(red);\(green);40m\u{1B}[97m"
            // No colour over the rest of a line.
            return start + Self.printable(token.text).replacing("\n", with: "\u{1B}[0m\n" + start) + "\u{1B}[0m"
        }.joined()
    }

    /// What the colours say.
    var legend: String {
        let (low, high) = (Self.number(1 - epsilon, "%.2f"), Self.number(1 + epsilon, "%.2f"))
        return "red: below 1 (down to \(low)), green: above 1 (up to \(high)); without colour: not scored"
    }

    /// A text may hold what a terminal takes for a command.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control ? $0 : "\u{FFFD}"
                }))
    }

    var table: String {
        let head = Self.row("token", "weight", "teacher", "student", "")
        let rows = tokens.map { token in
            let bar = token.teacher.isFinite && epsilon > 0 ? bar(token.weight) : ""
            return Self.row(
                String(token.text.debugDescription.prefix(24)),
                token.teacher.isFinite ? Self.number(token.weight, "%.4f") : "-",
                Self.number(token.teacher, "%.3f"), Self.number(token.student, "%.3f"), bar)
        }
        return ([head] + rows).joined(separator: "\n")
    }

    var summary: String {
        guard let statistics else { return "" }
        return "\(statistics.scoredTokens) scored tokens, mean weight \(Self.number(statistics.meanWeight, "%.3f")), "
            + "\(statistics.clippedLow) clipped low, \(statistics.clippedHigh) clipped high"
    }

    /// From 1 - epsilon to 1 + epsilon.
    private func bar(_ weight: Float) -> String {
        let width = 20
        let place = Int((weight - (1 - epsilon)) / (2 * epsilon) * Float(width))
        let clamped = max(0, min(width, place))
        return String(repeating: "-", count: clamped) + "|" + String(repeating: "-", count: width - clamped)
    }

    private static func row(_ cells: String...) -> String {
        zip(cells, [26, 9, 9, 9, 0]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
            .joined()
            .trimmingCharacters(in: .whitespaces)
    }

    private static func number(_ value: Float, _ format: String) -> String {
        value.isFinite ? String(format: format, Double(value)) : "-"
    }
}
