import Sequences

/// RL-guided mid-training: tokens that the tuned teacher finds likelier than the student does, against the sequence's
/// mean, count more.
///
///     delta_t = log p_R(x_t) - log p_S(x_t)
///     w_t     = clip(2 sigmoid(delta_t - mean delta), 1 - epsilon, 1 + epsilon)
///
/// Source: arXiv 2602.03075. The mean is over the scored positions of the sequence, or of each document of it.
/// All in f64, sums in position order, one rounding to f32 at the end; equal log-probs give exactly 1.
package struct ReMiT: TokenWeighting {
    /// Word for this weighting on the command line, on the wire and in answers; the default.
    package static let name = "remit"

    /// Options, of which epsilon and centering are read.
    package let options: Weighting
    /// The student at this step, so that weights cannot be kept from one step to the next.
    package var studentSource: StudentSource { .current }
    /// True: a weight compares the teacher's log-prob with the student's.
    package var needsTeacher: Bool { true }

    package init(_ options: Weighting) {
        self.options = options
    }

    /// Weights clip(2 sigmoid(delta - mean delta)), where delta is teacher minus student. Equal log-probs give exactly 1.
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
    package func weights(_ sequence: LogProbSequence) throws -> WeightedSequence {
        CenteredSigmoid(options).weights(sequence, try sequence.differences(for: name))
    }
}

/// The arithmetic that remit and remit-static share.
struct CenteredSigmoid {
    private let lowest: Double
    private let highest: Double
    private let centering: Centering

    init(_ options: Weighting) {
        lowest = 1 - options.epsilon
        highest = 1 + options.epsilon
        centering = options.centering
    }

    func weights(_ sequence: LogProbSequence, _ differences: [Double]) -> WeightedSequence {
        var weights = [Float](repeating: 0, count: sequence.count)
        var clippedLow = 0
        var clippedHigh = 0
        for range in centering == .document ? sequence.documents : Spans(whole: sequence.count) {
            let mean = mean(differences, sequence.scored, range)
            for at in range where sequence.scored[at] {
                let weight = 2 * ExactMath.sigmoid(differences[at] - mean)
                if weight < lowest { clippedLow += 1 }
                if weight > highest { clippedHigh += 1 }
                weights[at] = Float(min(max(weight, lowest), highest))
            }
        }
        return WeightedSequence(
            weights: weights, scored: sequence.scored, clippedLow: clippedLow, clippedHigh: clippedHigh)
    }

    /// Mean difference over the scored positions of a range, summed in position order; 0 where nothing is scored.
    private func mean(_ differences: [Double], _ scored: [Bool], _ range: Range<Int>) -> Double {
        var sum = 0.0
        var count = 0
        for at in range where scored[at] {
            sum += differences[at]
            count += 1
        }
        return count == 0 ? 0 : sum / Double(count)
    }
}
