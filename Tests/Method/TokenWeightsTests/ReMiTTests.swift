import Foundation
import Testing
import TokenWeights

@Suite struct ReMiTTests {
    private func weights(
        _ teacher: [Float], _ student: [Float], scored: [Bool]? = nil, starts: [Int] = [0], epsilon: Double = 0.2,
        centering: Centering = .sequence, weighting: String = "remit"
    ) throws -> WeightedSequence {
        let sequence = try LogProbSequence(
            teacher: teacher, student: student, scored: scored ?? teacher.map { _ in true }, documentStarts: starts)
        return try Weighting(weighting, epsilon: epsilon, centering: centering).make().weights(sequence)
    }

    /// delta = 1, -1, 0 with mean 0: 2 sigmoid = 1.4621, 0.5379, 1.
    @Test func handComputedWithoutClipping() throws {
        let got = try weights([.nan, -1, -3, -2], [.nan, -2, -2, -2], epsilon: 1)
        let expected: [Float] = [0, 1.4621172, 0.53788286, 1]
        #expect(got.weights == expected)
        #expect(got.scoredTokens == 3 && got.keptTokens == 3 && got.clippedLow == 0 && got.clippedHigh == 0)
        #expect(abs(got.meanWeight - 1) < 1e-7)
    }

    @Test func clipsBothWaysAndCounts() throws {
        let got = try weights([.nan, -1, -3, -2, -2], [.nan, -2, -2, -2, -2.1])
        #expect(got.weights[0] == 0)
        #expect(got.weights[1] == 1.2)
        #expect(got.weights[2] == 0.8)
        #expect(got.clippedLow == 1 && got.clippedHigh == 1 && got.scoredTokens == 4)
    }

    @Test func theMeanIsRemoved() throws {
        // delta = 3, 1: mean 2, centred 1, -1.
        let got = try weights([.nan, -1, -1], [.nan, -4, -2], epsilon: 1)
        #expect(got.weights == [0, 1.4621172, 0.53788286])
    }

    @Test func centringPerDocument() throws {
        // Documents of delta (_, 3, 1) and (_, -1, -3): each centred to 1, -1.
        let teacher: [Float] = [.nan, -1, -1, .nan, -3, -4]
        let student: [Float] = [.nan, -4, -2, .nan, -2, -1]
        let perDocument = try weights(teacher, student, starts: [0, 3], epsilon: 1, centering: .document)
        #expect(perDocument.weights == [0, 1.4621172, 0.53788286, 0, 1.4621172, 0.53788286])
        let perSequence = try weights(teacher, student, starts: [0, 3], epsilon: 1, centering: .sequence)
        #expect(perSequence.weights == [0, 1.9051483, 1.4621172, 0, 0.53788286, 0.09485175])
    }

    @Test func equalLogProbsGiveExactlyOne() throws {
        let logProbs: [Float] = [.nan] + (1..<500).map { -0.37 * Float($0 % 23) }
        for epsilon in [0, 0.2, 1] {
            for name in ["remit", "remit-static"] {
                let got = try weights(logProbs, logProbs, epsilon: epsilon, weighting: name)
                #expect(got.weights.dropFirst().allSatisfy { $0.bitPattern == Float(1).bitPattern })
                #expect(got.meanWeight == 1 && got.clippedLow == 0 && got.clippedHigh == 0)
            }
        }
    }

    @Test func epsilonZeroIsNextTokenPredictionBitForBit() throws {
        let teacher: [Float] = [.nan] + (1..<300).map { -0.11 * Float($0 % 31) }
        let student: [Float] = [.nan] + (1..<300).map { -0.13 * Float($0 % 17) }
        let remit = try weights(teacher, student, epsilon: 0)
        let plain = try weights(teacher, student, weighting: "ntp")
        #expect(remit.weights.map(\.bitPattern) == plain.weights.map(\.bitPattern))
        #expect(remit.keptTokens == plain.keptTokens)
    }

    /// The same shift of every delta; exact in f32, so that only the mean's rounding is left.
    @Test(arguments: [Float(-64), -1, 0.5, 8]) func aShiftChangesNoWeight(_ shift: Float) throws {
        let student: [Float] = [.nan] + (1..<300).map { -0.125 * Float($0 % 17) }
        let teacher: [Float] = [.nan] + (1..<300).map { -0.25 * Float($0 % 13) }
        let plain = try weights(teacher, student, epsilon: 1)
        let shifted = try weights(teacher.map { $0 + shift }, student, epsilon: 1)
        for (left, right) in zip(plain.weights, shifted.weights) { #expect(abs(left - right) <= 1e-6) }
    }

    @Test func unscoredPositionsAreRemovedNotMultiplied() throws {
        // What a masked position holds cannot be seen in any other weight.
        let with = try weights(
            [.nan, -1, 99, -3], [.nan, -2, -50, -2], scored: [true, true, false, true], epsilon: 1)
        let without = try weights([.nan, -1, -3], [.nan, -2, -2], epsilon: 1)
        #expect(with.weights == [0, without.weights[1], 0, without.weights[2]])
        #expect(with.scoredTokens == 2 && with.meanWeight == without.meanWeight)
        let nan = try weights(
            [.nan, -1, .nan, -3], [.nan, -2, .nan, -2], scored: [true, true, false, true], epsilon: 1)
        #expect(nan == with)
    }

    @Test func firstOfEachDocumentIsNeverScored() throws {
        let got = try weights([-1, -1, -1, -1], [-1, -2, -3, -1], starts: [0, 2])
        #expect(got.weights[0] == 0 && got.weights[2] == 0 && got.scoredTokens == 2)
    }

    @Test func nothingScored() throws {
        for got in [
            try weights([.nan], [.nan]), try weights([], [], starts: []),
            try weights([.nan, -1], [.nan, -1], scored: [true, false]),
        ] {
            #expect(got.weights.allSatisfy { $0 == 0 })
            #expect(got.scoredTokens == 0 && got.keptTokens == 0 && got.meanWeight.isNaN)
        }
    }

    @Test func oneScoredPositionWeighsOne() throws {
        #expect(try weights([.nan, -7], [.nan, -1]).weights == [0, 1])
    }

    @Test func extremeDifferencesStayFinite() throws {
        let got = try weights([.nan, -3e38, -0.0], [.nan, -0.0, -3e38], epsilon: 1)
        #expect(got.weights == [0, 0, 2])
    }

    @Test func aWeightDoesNotDependOnOtherDocumentsWhenCentredPerDocument() throws {
        let alone = try weights([.nan, -1, -3], [.nan, -2, -2.5], centering: .document)
        let packed = try weights(
            [.nan, -1, -3, .nan, -9], [.nan, -2, -2.5, .nan, -1], starts: [0, 3], centering: .document)
        #expect(Array(packed.weights.prefix(3)).map(\.bitPattern) == alone.weights.map(\.bitPattern))
    }
}
