import Testing
import TokenWeights

@Suite struct TokenWeightingTests {
    private let sequence: (teacher: [Float], student: [Float]) = ([.nan, -1, -2], [.nan, -1, -3])

    @Test func tableByName() throws {
        #expect(TokenWeightings.names == ["remit", "remit-static", "ntp", "rho1"])
        for name in TokenWeightings.names { #expect(try TokenWeightings.named(name).name == name) }
        #expect(try TokenWeightings.named("remit").studentSource == .current)
        #expect(try TokenWeightings.named("remit-static").studentSource == .base)
        #expect(try TokenWeightings.named("ntp").needsStudent == false)
        #expect(try TokenWeightings.named("ntp").needsTeacher == false)
        #expect(try TokenWeightings.named("rho1").needsStudent)
    }

    @Test func unknownNameListsTheKnown() {
        #expect(throws: TokenWeightError.unknownWeighting(got: "Remit", known: TokenWeightings.names)) {
            try TokenWeightings.named("Remit")
        }
        let message = TokenWeightError.unknownWeighting(got: "x", known: TokenWeightings.names).description
        #expect(message == "unknown weighting x; expected one of remit, remit-static, ntp, rho1")
    }

    /// A run's names are more than a server's.
    @Test func anUnknownNameOfARunListsControlsAndPrograms() {
        let error = #expect(throws: TokenWeightError.self) { try Weighting("remitt").make(withControls: true) }
        let known = TokenWeightings.names + TokenWeightings.controlNames + ["program=COMMAND"]
        #expect(error == .unknownWeighting(got: "remitt", known: known))
    }

    @Test(arguments: [-0.1, 1.1, .nan, .infinity]) func epsilonOutOfRange(_ epsilon: Double) {
        #expect(throws: TokenWeightError.self) { try Weighting(epsilon: epsilon).make() }
    }

    /// What an answer from elsewhere is held against.
    @Test(
        arguments: [
            ("remit", [0.8, 1, 1.2], [Float(0.8).nextDown, Float(1.2).nextUp, 0, -1, .nan, .infinity]),
            ("remit-static", [0.8, 1, 1.2], [0.75, 1.25]), ("rho1", [0, 1], [0.5, 2, .nan]),
            ("ntp", [1], [0, 0.9, .nan]),
        ] as [(String, [Float], [Float])])
    func whichWeightsAreAllowed(_ name: String, _ allowed: [Float], _ refused: [Float]) throws {
        let weighting = try TokenWeightings.named(name)
        for weight in allowed { #expect(weighting.allows(weight), "\(weight)") }
        for weight in refused { #expect(!weighting.allows(weight), "\(weight)") }
    }

    @Test(arguments: [0, -0.5, 1.1, .nan]) func keepFractionOutOfRange(_ fraction: Double) {
        #expect(throws: TokenWeightError.self) { try Weighting(keepFraction: fraction).make() }
    }

    @Test(arguments: ["remit", "remit-static", "rho1"]) func nonFiniteIsRefusedWithItsPosition(_ name: String) throws {
        let weighting = try TokenWeightings.named(name)
        for bad in [Float.nan, .infinity, -.infinity] {
            let teacherBad = try LogProbSequence(
                teacher: [.nan, -1, bad], student: sequence.student, scored: [true, true, true], documentStarts: [0])
            #expect { try weighting.weights(teacherBad) } throws: { error in
                guard case .nonFiniteLogProb(.teacher, 2, _) = error as? TokenWeightError else { return false }
                return true
            }
            let studentBad = try LogProbSequence(
                teacher: sequence.teacher, student: [.nan, bad, -1], scored: [true, true, true], documentStarts: [0])
            #expect { try weighting.weights(studentBad) } throws: { error in
                guard case .nonFiniteLogProb(.student, 1, _) = error as? TokenWeightError else { return false }
                return true
            }
        }
    }

    @Test func aMissingSideIsNamed() throws {
        let weighting = try TokenWeightings.named("remit")
        let scored = [true, true, true]
        let noStudent = try LogProbSequence(
            teacher: sequence.teacher, student: [], scored: scored, documentStarts: [0])
        #expect(throws: TokenWeightError.missingLogProbs(.student, weighting: "remit")) {
            try weighting.weights(noStudent)
        }
        let noTeacher = try LogProbSequence(
            teacher: [], student: sequence.student, scored: scored, documentStarts: [0])
        #expect(throws: TokenWeightError.missingLogProbs(.teacher, weighting: "remit")) {
            try weighting.weights(noTeacher)
        }
        let neither = try LogProbSequence(teacher: [], student: [], scored: scored, documentStarts: [0, 2])
        #expect(try TokenWeightings.named("ntp").weights(neither).weights == [0, 1, 0])
    }

    @Test func lengthsMustAgree() {
        #expect(throws: TokenWeightError.lengthMismatch(.teacher, expected: 2, got: 1)) {
            try LogProbSequence(teacher: [0], student: [0, 0], scored: [true, true], documentStarts: [0])
        }
        #expect(throws: TokenWeightError.lengthMismatch(.student, expected: 2, got: 3)) {
            try LogProbSequence(teacher: [0, 0], student: [0, 0, 0], scored: [true, true], documentStarts: [0])
        }
    }

    @Test(arguments: [[], [1], [0, 0], [0, 2, 1], [0, 3], [-1], [0, -1]])
    func documentStartsMustBeginAtZeroAndIncrease(_ starts: [Int]) {
        #expect(throws: TokenWeightError.self) {
            try LogProbSequence(
                teacher: [0, 0, 0], student: [0, 0, 0], scored: [true, true, true], documentStarts: starts)
        }
    }

    @Test(arguments: TokenWeightsGolden.all.indices) func agreesWithPyTorch(_ index: Int) throws {
        let golden = TokenWeightsGolden.all[index]
        let choice = Weighting(
            golden.weighting, epsilon: golden.epsilon, centering: try #require(Centering(rawValue: golden.centering)),
            keepFraction: golden.keepFraction)
        let sequence = try LogProbSequence(
            teacher: golden.teacher, student: golden.student, scored: golden.scored,
            documentStarts: golden.documentStarts)
        let got = try choice.make().weights(sequence)
        for (position, pair) in zip(got.weights, golden.weights).enumerated() {
            #expect(abs(pair.0 - pair.1) <= Self.oneUnitInTheLastPlace, "position \(position)")
        }
        #expect(got.weights.count == golden.weights.count)
        #expect(got.clippedLow == golden.clippedLow && got.clippedHigh == golden.clippedHigh)
        #expect(got.keptTokens == golden.keptTokens)
    }

    /// Both are computed in f64; only a rounding boundary can part them, by one unit of a float below 2.
    private static let oneUnitInTheLastPlace: Float = 1.2e-7
}
