import Formats
import Foundation
import ScoringAPI
import TokenWeights

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
    private let range: ClosedRange<Float>
    private let statistics: WeightStatistics?

    /// - Parameters:
    ///   - text: what was scored, as it was posted.
    ///   - weighting: whose weights they are.
    /// - Returns: nil where the answer has no weights.
    package init?(_ result: ScoreResult, of text: String, weighting: Weighting) {
        guard let weights = result.weights else { return nil }
        let texts = result.tokens ?? result.tokenIDs.map { "<\($0)>" }
        let students = result.studentLogProbs ?? weights.map { _ in .nan }
        tokens = weights.indices.map {
            Token(text: texts[$0], weight: weights[$0], teacher: result.teacherLogProbs[$0], student: students[$0])
        }
        pieces =
            result.offsets.map { TextPiece.pieces(of: text, offsets: $0) }
            ?? texts.indices.map { TextPiece(tokens: $0..<$0 + 1, text: texts[$0]) }
        range = weighting.range.map { Float($0.lowerBound)...Float($0.upperBound) } ?? 1...1
        statistics = result.statistics
    }

    /// The text with a background for each weight. Tokens that share a character have the colour of their mean.
    package func colored(_ colors: WeightColors) -> String {
        pieces.map { piece in
            let text = Format.printable(piece.text)
            let weights = tokens[piece.tokens].filter(\.isScored).map(\.weight)
            guard !weights.isEmpty else { return text }
            let mean = weights.reduce(0, +) / Float(weights.count)
            let start = colors.on(share(mean))
            guard !start.isEmpty else { return text }
            // No colour over the rest of a line.
            return start + text.replacing("\n", with: WeightColors.off + "\n" + start) + WeightColors.off
        }.joined()
    }

    /// Where a weight lies within the range, -1 (its low end) to 1 (its high one); 0 is a weight of 1.
    private func share(_ weight: Float) -> Float {
        let width = weight < 1 ? 1 - range.lowerBound : range.upperBound - 1
        return width > 0 ? max(-1, min(1, (weight - 1) / width)) : 0
    }

    /// What the colours say of the weights that there can be.
    package func legend(_ colors: WeightColors) -> String {
        colors.legend(
            low: range.lowerBound < 1 ? Self.number(range.lowerBound, "%.2f") : nil,
            high: range.upperBound > 1 ? Self.number(range.upperBound, "%.2f") : nil)
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
                    token.teacher.isFinite && range.lowerBound < range.upperBound ? bar(token.weight) : "")
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

    /// From one end of the range to the other.
    private func bar(_ weight: Float) -> String {
        let width = 20
        let place = Int((weight - range.lowerBound) / (range.upperBound - range.lowerBound) * Float(width))
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
