import ScoringAPI
import Sequences
import TokenWeights

/// Weights that were asked for, as far as an answer must agree with them.
struct AskedWeights {
    /// Tolerance of a mean of numbers up to 2, rounded to 32 bits by whoever summed it.
    private static let meanTolerance: Float = 1e-6

    private let choice: Weighting
    private let weighting: any TokenWeighting
    private let scored: [Bool]  // [N]
    private let sendsStudent: Bool?

    /// - Parameter sendsStudent: whether student log-probs were posted; nil: for some of the inputs.
    init(_ choice: Weighting, scored: [Bool], sendsStudent: Bool?) throws {
        self.choice = choice
        self.scored = scored
        self.sendsStudent = sendsStudent
        weighting = try choice.make()
    }

    /// Throws `AnswerFault`: where the weighting is another one, its student too, or a weight or what is said of them cannot be.
    ///
    /// - Parameter sequences: those of the request, which the answer's are.
    func check(_ answer: BinaryScoreResponse, _ sequences: Spans, _ place: (Int) -> String) throws {
        try checkOptions(answer)
        guard let weights = answer.weights, let statistics = answer.statistics else {
            throw AnswerFault("expected weights and their statistics, got none")
        }
        for index in weights.indices {
            guard scored[index] ? weighting.allows(weights[index]) : weights[index] == 0 else {
                let expected = scored[index] ? "one that \(options) can give" : "0, since the position is not scored"
                throw AnswerFault("weight of \(place(index)): expected \(expected), got \(weights[index])")
            }
        }
        for (item, sequence) in sequences.enumerated() {
            let kept = sequence.filter { scored[$0] }.map { weights[$0] }
            if let fault = fault(in: statistics[item], of: kept) {
                throw AnswerFault("statistics of inputs[\(item)]: expected \(fault.expected), got \(fault.got)")
            }
        }
    }

    private func checkOptions(_ answer: BinaryScoreResponse) throws {
        let got = answer.choice.map { Dictionary($0.members) { first, _ in first } } ?? [:]
        for (name, value) in choice.members where got[name] != value {
            throw AnswerFault(name, expected: "\(value), as asked for", got: got[name] ?? "none")
        }
        if let sendsStudent { try checkStudent(answer.student, isPosted: sendsStudent) }
    }

    /// - Parameter place: of which input, for people.
    func checkStudent(_ student: StudentOrigin?, isPosted: Bool, of place: String = "") throws {
        let other = isPosted ? StudentOrigin.base : .request
        guard student != other || !weighting.needsStudent else {
            throw AnswerFault(
                place + "student", expected: isPosted ? "request: log-probs were posted" : "base: none were posted",
                got: other.rawValue)
        }
    }

    private var options: String {
        weighting.name + (weighting.name == Rho1.name ? "" : " with epsilon \(choice.epsilon)")
    }

    /// - Parameter weights: of the scored positions, in their order.
    private func fault(in statistics: WeightStatistics, of weights: [Float]) -> (expected: String, got: String)? {
        guard statistics.scoredTokens == weights.count else {
            return ("scored_tokens \(weights.count)", "\(statistics.scoredTokens)")
        }
        let mean = weights.isEmpty ? .nan : Float(weights.reduce(0) { $0 + Double($1) } / Double(weights.count))
        let isMean =
            weights.isEmpty ? statistics.meanWeight.isNaN : abs(statistics.meanWeight - mean) <= Self.meanTolerance
        guard isMean else { return ("mean_weight \(mean)", "\(statistics.meanWeight)") }
        // A weight at the bound may have been rounded there, so that these are the most.
        let low = weights.count { $0 == weighting.options.lowestWeight }
        let high = weights.count { $0 == weighting.options.highestWeight }
        guard (0...low).contains(statistics.clippedLow) else {
            return ("clipped_low from 0 to \(low)", "\(statistics.clippedLow)")
        }
        guard (0...high).contains(statistics.clippedHigh) else {
            return ("clipped_high from 0 to \(high)", "\(statistics.clippedHigh)")
        }
        let kept = weighting.keptTokens(ofScored: weights.count)
        if kept < weights.count, weights.count(where: { $0 != 0 }) != kept {
            return ("\(kept) weights that are not 0", "\(weights.count { $0 != 0 })")
        }
        return nil
    }
}
