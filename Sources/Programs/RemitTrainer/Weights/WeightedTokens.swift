import Formats
import Foundation
import ScoringAPI

/// One scored text for people to look at.
package struct WeightedTokens {
    private struct Token {
        var text: String
        var weight: Float
        var teacher: Float
        var student: Float

        var isScored: Bool { teacher.isFinite && (weight > 0 || student.isFinite) }
    }

    private let tokens: [Token]  // [T]
    private let pieces: [TextPiece]
    private let epsilon: Float
    private let statistics: WeightStatistics?

    /// - Parameter text: what was scored, as it was posted.
    /// - Returns: nil where the answer has no weights.
    package init?(_ result: ScoreResult, of text: String, epsilon: Double) {
        guard let weights = result.weights else { return nil }
        let texts = result.tokens ?? result.tokenIDs.map { "<\($0)>" }
        let students = result.studentLogProbs ?? weights.map { _ in .nan }
        tokens = weights.indices.map {
            Token(text: texts[$0], weight: weights[$0], teacher: result.teacherLogProbs[$0], student: students[$0])
        }
        pieces =
            result.offsets.map { TextPiece.pieces(of: text, offsets: $0) }
            ?? texts.indices.map { TextPiece(tokens: $0..<$0 + 1, text: texts[$0]) }
        self.epsilon = Float(epsilon)
        statistics = result.statistics
    }

    /// The text with a background for each weight. Tokens that share a character have the colour of their mean.
    package func colored(_ colors: WeightColors) -> String {
        pieces.map { piece in
            let text = Format.printable(piece.text)
            let weights = tokens[piece.tokens].filter(\.isScored).map(\.weight)
            guard !weights.isEmpty else { return text }
            let mean = weights.reduce(0, +) / Float(weights.count)
            let start = colors.on(epsilon > 0 ? max(-1, min(1, (mean - 1) / epsilon)) : 0)
            guard !start.isEmpty else { return text }
            // No colour over the rest of a line.
            return start + text.replacing("\n", with: WeightColors.off + "\n" + start) + WeightColors.off
        }.joined()
    }

    package func legend(_ colors: WeightColors) -> String {
        colors.legend(low: Self.number(1 - epsilon, "%.2f"), high: Self.number(1 + epsilon, "%.2f"))
    }

    /// A row a token. One that is only a part of a character shows which: `"中" 1/3`.
    package var table: String {
        let head = Self.row("token", "weight", "teacher", "student", "")
        let rows = pieces.flatMap { piece in
            piece.tokens.map { position in
                let token = tokens[position]
                let part = " \(position - piece.tokens.lowerBound + 1)/\(piece.tokens.count)"
                let name = piece.tokens.count == 1 ? Self.quoted(token.text) : Self.quoted(piece.text) + part
                return Self.row(
                    name, token.teacher.isFinite ? Self.number(token.weight, "%.4f") : "-",
                    Self.number(token.teacher, "%.3f"), Self.number(token.student, "%.3f"),
                    token.teacher.isFinite && epsilon > 0 ? bar(token.weight) : "")
            }
        }
        return ([head] + rows).joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String { String(Format.printable(text).debugDescription.prefix(20)) }

    package var summary: String {
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
