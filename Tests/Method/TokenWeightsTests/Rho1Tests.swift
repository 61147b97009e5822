import Testing
import TokenWeights

@Suite struct Rho1Tests {
    private func weights(_ differences: [Float], keep: Double, scored: [Bool]? = nil) throws -> WeightedSequence {
        let zeros = [Float](repeating: 0, count: differences.count)
        let sequence = try LogProbSequence(
            teacher: differences, student: zeros, scored: scored ?? zeros.map { _ in true }, documentStarts: [0])
        return try Weighting("rho1", keepFraction: keep).make().weights(sequence)
    }

    @Test func keepsTheLargestDifferences() throws {
        let got = try weights([9, 1, 5, 3, 4, 2], keep: 0.6)
        #expect(got.weights == [0, 0, 1, 1, 1, 0])
        #expect(got.scoredTokens == 5 && got.keptTokens == 3)
        #expect(got.meanWeight == 0.6)
    }

    @Test func roundsTheCountUp() throws {
        #expect(try weights([0, 1, 2, 3, 4], keep: 0.51).keptTokens == 3)
        #expect(try weights([0, 1, 2, 3, 4], keep: 0.5).keptTokens == 2)
        #expect(try weights([0, 1, 2, 3, 4], keep: 0.001).keptTokens == 1)
        #expect(try weights([0, 1, 2, 3, 4], keep: 1).weights == [0, 1, 1, 1, 1])
    }

    @Test func tiesGoToTheEarlier() throws {
        #expect(try weights([0, 2, 1, 2, 2], keep: 0.5).weights == [0, 1, 0, 1, 0])
        #expect(try weights([0, -0.0, 0.0, -0.0, 0.0], keep: 0.5).weights == [0, 1, 1, 0, 0])
    }

    @Test func masksAreNeitherRankedNorCounted() throws {
        let got = try weights([0, 9, 1, 2, .nan], keep: 0.5, scored: [true, false, true, true, false])
        #expect(got.weights == [0, 0, 0, 1, 0])
        #expect(got.scoredTokens == 2 && got.keptTokens == 1)
    }

    @Test func nothingScored() throws {
        let got = try weights([0], keep: 0.6)
        #expect(got.weights == [0] && got.keptTokens == 0)
    }
}
