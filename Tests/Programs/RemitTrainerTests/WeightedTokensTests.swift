import CommandLines
import RemitTrainer
import ScoringAPI
import TokenWeights
import Testing

/// What people see of a scored text.
struct WeightedTokensTests {
    /// "a中🙂 b": a byte-level tokenizer cuts the character of three bytes in two, that of four in three.
    private let text = "a中🙂 b"
    private let offsets = [0..<0, 0..<1, 1..<4, 1..<4, 4..<8, 4..<8, 4..<8, 8..<10]

    private func display(weights: [Float], _ weighting: Weighting = Weighting()) -> WeightedTokens? {
        let tokens = ["<s>", "a", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", " b"]
        let result = ScoreResult(
            tokenIDs: Array(0..<8), tokens: tokens, offsets: offsets,
            teacherLogProbs: [.nan] + .init(repeating: -1, count: 7),
            studentLogProbs: [.nan] + .init(repeating: -1, count: 7), weights: weights)
        return WeightedTokens(result, of: text, weighting: weighting)
    }

    @Test func aCharacterOfSeveralTokensIsOnePiece() {
        let pieces = TextPiece.pieces(of: text, offsets: offsets)
        #expect(pieces.map(\.text) == ["", "a", "中", "🙂", " b"])
        #expect(pieces.map(\.tokens) == [0..<1, 1..<2, 2..<4, 4..<7, 7..<8])
    }

    /// Spaces that a tokenizer drops are shown all the same; spans that are wrong crash nothing.
    @Test func textBetweenTokensIsShown() {
        let pieces = TextPiece.pieces(of: "a  b ", offsets: [0..<1, 3..<4])
        #expect(pieces.map(\.text) == ["a", "  ", "b", " "])
        #expect(pieces.map(\.tokens.count) == [1, 0, 1, 0])
        #expect(TextPiece.pieces(of: "a", offsets: [0..<9, 3..<12]).map(\.text) == ["a"])
        #expect(TextPiece.pieces(of: "", offsets: [0..<0, 2..<3]).map(\.text).joined() == "")
    }

    @Test(arguments: [ColorDepth.named, .palette, .full]) func theTextStaysReadable(_ depth: ColorDepth) throws {
        let tokens = try #require(display(weights: [0, 1.2, 0.8, 1.2, 0.8, 0.8, 0.8, 1]))
        let shown = tokens.colored(WeightColors(depth: depth))
        #expect(shown.replacing(/\u{1B}\[[0-9;]*m/, with: "") == text)
        #expect(!shown.contains("\u{FFFD}"))
    }

    @Test func tokensThatShareACharacterHaveTheColourOfTheirMean() throws {
        let colors = WeightColors(depth: .full)
        let shown = try #require(display(weights: [0, 1.2, 0.8, 1.2, 0.8, 0.8, 0.8, 1])).colored(colors)
        for (share, text) in [(Float(1), "a"), (0, "中"), (-1, "🙂"), (0, " b")] {
            #expect(shown.contains(colors.on(share) + text + WeightColors.off), "\(text)")
        }
        #expect(colors.on(1) != colors.on(-1) && colors.on(1) != colors.on(0.5))
    }

    /// That of rho1 was of an epsilon that it does not have.
    @Test(arguments: [
        (Weighting(), "blue: below 1, down to 0.80; orange: above 1, up to 1.20; plain: not scored"),
        (Weighting(epsilon: 0), "all weights are 1; plain: not scored"),
        (Weighting("ntp"), "all weights are 1; plain: not scored"),
        (Weighting("rho1"), "blue: below 1, down to 0.00; plain: not scored"),
    ])
    func theLegendTellsWhatTheWeightingGives(_ weighting: Weighting, _ legend: String) throws {
        let tokens = try #require(display(weights: [0, 1, 1, 1, 1, 1, 1, 1], weighting))
        #expect(tokens.legend(WeightColors(depth: .full)) == legend)
    }

    @Test func aTokenThatRho1LeavesOutIsAtTheLowEnd() throws {
        let tokens = try #require(display(weights: [0, 1, 0, 0, 1, 1, 1, 0], Weighting("rho1")))
        let colors = WeightColors(depth: .full)
        let shown = tokens.colored(colors)
        for (share, text) in [(Float(0), "a"), (-1, "中"), (0, "🙂"), (-1, " b")] {
            #expect(shown.contains(colors.on(share) + text + WeightColors.off), "\(text)")
        }
        let bars = tokens.table.split(separator: "\n").dropFirst(2).map { $0.suffix(21) }
        #expect(bars.first == "--------------------|" && bars.last == "|--------------------")
    }

    @Test func theTableSaysWhichPartATokenIs() throws {
        let rows = try #require(display(weights: [0, 1.2, 0.8, 1.2, 0.8, 0.8, 0.8, 1])).table.split(separator: "\n")
        #expect(rows.count == 9)
        #expect(rows[3].hasPrefix("\"中\" 1/2 ") && rows[4].hasPrefix("\"中\" 2/2 ") && rows[7].hasPrefix("\"🙂\" 3/3 "))
        #expect(rows[8].hasPrefix("\" b\" ") && rows[1].hasPrefix("\"<s>\" "))
    }
}
