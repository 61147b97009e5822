import Foundation
import Sequences
import Tensors

// Distillation from a teacher's likeliest tokens. At one position, of distributions at the divergence's temperature T: q_1 ... q_k are the teacher's probabilities of its k likeliest tokens,
// without those that the student has not, q_r = 1 - sum of q_i the rest of its mass (none where these are the student's whole vocabulary); z_i and p_i = e^(z_i / T - log Z) the student's logits and probabilities
// of the same tokens; log R the log-sum-exp of the student's other logits divided by T, p_r = e^(log R - log Z) their probability together.

/// The student's side of a forward pass with soft targets; rows are `plan.scoredRows`.
struct SoftTargetRows {
    let k: Int
    let tokenIDs: [Int32]  // [N, k], -1 for one that is left out
    let logProbs: [Float]  // [N, k], the teacher's at the divergence's temperature
    let divergence: Divergence
    private let vocabularySize: Int
    fileprivate(set) var logits: [Float]  // [N, k], soft-capped; NaN for one that is left out
    fileprivate(set) var rests: [Float]  // [N], log R

    /// Least probability of the teacher's rest in a reverse divergence.
    private static let leastRest = 0x1p-23

    /// - Parameter targets: of the batch's tokens, at the divergence's temperature.
    init(_ targets: TopLogProbs, _ divergence: Divergence, _ plan: WorkPlan, vocabularySize: Int) throws {
        precondition(targets.tokenCount == plan.tokenIDs.count, "one row a token")
        precondition(targets.k <= vocabularySize, "no more tokens than there are")
        k = targets.k
        self.divergence = divergence
        self.vocabularySize = vocabularySize
        let k = k
        let places = plan.scoredRows.flatMap { row in (row + 1) * k..<(row + 2) * k }
        for place in places where !(-1..<Int32(vocabularySize)).contains(targets.tokenIDs[place]) {
            throw TransformerError.tokenOutOfRange(
                position: place / k, id: targets.tokenIDs[place], vocabularySize: vocabularySize)
        }
        tokenIDs = places.map { targets.tokenIDs[$0] }
        logProbs = places.map { targets.logProbs[$0] }
        logits = [Float](repeating: .nan, count: places.count)
        rests = [Float](repeating: .nan, count: plan.scoredRows.count)
    }

    /// Calls `body` with where the head leaves a block's logits, from its first row on.
    mutating func fill(_ body: ((_ first: Int) -> Head.Chosen?) -> Void) {
        let (k, inverse) = (k, Float(1 / divergence.temperature))
        tokenIDs.withUnsafeBufferPointer { ids in
            logits.withUnsafeMutableBufferPointer { logits in
                rests.withUnsafeMutableBufferPointer { rests in
                    guard let ids = ids.baseAddress, let logits = logits.baseAddress, let rests = rests.baseAddress
                    else { return body { _ in nil } }
                    body {
                        Head.Chosen(
                            k: k, tokenIDs: ids + $0 * k, logits: logits + $0 * k, rest: rests + $0,
                            inverseTemperature: inverse)
                    }
                }
            }
        }
    }

    /// The row's divergence, in nats.
    ///
    ///     KL(q || p) = sum of q_i (log q_i - log p_i) + q_r (log q_r - log p_r);        KL(p || q) with the two exchanged
    func divergence(_ row: Int, logSumExp: Float) -> Double {
        let logZ = tempered(row, logSumExp)
        var (sum, mass) = (0.0, 0.0)
        for place in known(row) {
            let (logQ, logP) = (Double(logProbs[place]), self.logP(place, logZ))
            sum += divergence.direction == .forward ? exp(logQ) * (logQ - logP) : exp(logP) * (logP - logQ)
            mass += exp(logQ)
        }
        let rest = restMass(row, mass)
        guard rest > 0 else { return sum }
        let logP = Double(rests[row]) - logZ
        return sum + (divergence.direction == .forward ? rest * (log(rest) - logP) : exp(logP) * (logP - log(rest)))
    }

    /// log Z of the row's logits divided by T.
    ///
    /// - Parameter logSumExp: at temperature 1.
    func tempered(_ row: Int, _ logSumExp: Float) -> Double {
        guard divergence.temperature != 1 else { return Double(logSumExp) }
        let values = known(row).map { Double(logits[$0]) / divergence.temperature } + [Double(rests[row])]
        let largest = values.max() ?? 0
        return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
    }

    private func logP(_ place: Int, _ logZ: Double) -> Double {
        (divergence.temperature == 1 ? Double(logits[place]) : Double(logits[place]) / divergence.temperature) - logZ
    }

    /// Derivatives of a loss with respect to the row's logits, where `gradient` is dLoss/dKL. With u = z / T,
    ///
    ///     KL(q || p):  dKL/du_j = (Q + q_r) p_j - q_j for the k tokens, ((Q + q_r) - q_r / p_r) p_j for all others     Q = sum of q_i
    ///     KL(p || q):  dKL/du_j = (log p_j - log q_j - KL) p_j for the k tokens, (log p_r - log q_r - KL) p_j for all others
    ///
    /// - Returns: the factor of p_j for all tokens but the k, divided by T as all of it is; the derivatives of these go into `chosen`.
    fileprivate func gradients(
        _ row: Int, _ gradient: Double, logSumExp: Float, chosen: (_ place: Int, _ dz: Double) -> Void
    ) -> Double {
        let logZ = tempered(row, logSumExp)
        let factor = gradient / divergence.temperature
        let mass = known(row).reduce(0.0) { $0 + exp(Double(logProbs[$1])) }
        let rest = restMass(row, mass)
        switch divergence.direction {
        case .forward:
            for place in known(row) {
                chosen(place, factor * ((mass + rest) * exp(logP(place, logZ)) - exp(Double(logProbs[place]))))
            }
            guard rest > 0 else { return factor * (mass + rest) }
            // A student that gives the rest less than e^-80 gives each of it 0 in the head's arithmetic: the factor stays finite.
            return factor * (mass + rest - rest * exp(min(logZ - Double(rests[row]), 80)))
        case .reverse:
            let kl = divergence(row, logSumExp: logSumExp)
            for place in known(row) {
                let logP = logP(place, logZ)
                chosen(place, factor * exp(logP) * (logP - Double(logProbs[place]) - kl))
            }
            guard rest > 0, rests[row] > -.infinity else { return -factor * kl }
            return factor * (Double(rests[row]) - logZ - log(rest) - kl)
        }
    }

    /// Places of the row's tokens that were not left out.
    private func known(_ row: Int) -> some Sequence<Int> {
        (row * k..<(row + 1) * k).lazy.filter { tokenIDs[$0] >= 0 }
    }

    /// Nothing where the row's tokens are the whole vocabulary. Rounding may put a hair too much into them; of a reverse divergence, whose
    /// rest may then not vanish, it is at least what 32-bit log-probs tell apart from nothing.
    private func restMass(_ row: Int, _ mass: Double) -> Double {
        let isWhole = k == vocabularySize && !tokenIDs[row * k..<(row + 1) * k].contains(-1)
        return isWhole ? 0 : max(divergence.direction == .reverse ? Self.leastRest : 0, 1 - mass)
    }
}

/// dLoss/dlogit of some tokens of each row, given whole: not by the softmax of the others.
struct ChosenLogitGradients {
    let k: Int
    let tokenIDs: [Int32]  // [N, k]
    let values: [Float]  // [N, k]

    /// Puts those of a vocabulary block in their places; `logits` are rows from `firstRow` on.
    func write(_ logits: Tensor, rows: Range<Int>, columns: Range<Int>) {
        tokenIDs.withUnsafeBufferPointer { ids in
            values.withUnsafeBufferPointer { values in
                for row in rows {
                    let target = logits.row(row - rows.lowerBound)
                    for place in row * k..<(row + 1) * k where columns.contains(Int(ids[place])) {
                        target[Int(ids[place]) - columns.lowerBound] = values[place]
                    }
                }
            }
        }
    }
}

extension LossGradients {
    /// Adds a loss of the divergences from soft targets, `softTargets` being dLoss/dKL; rows are `plan.scoredRows`.
    init(
        logProbs: [Float], logSumExps: [Float], softTargets: [Float], _ soft: SoftTargetRows, _ plan: WorkPlan,
        logZ: UnsafePointer<Float>, softCap: Float?
    ) {
        var logZs = logSumExps.isEmpty ? [Float](repeating: 0, count: logProbs.count) : logSumExps
        var values = [Float](repeating: 0, count: soft.tokenIDs.count)
        var factors = [Float](repeating: 0, count: logProbs.count)
        let isTempered = soft.divergence.temperature != 1
        for row in logProbs.indices {
            let (dLogProb, dLogZ, target) = (Double(logProbs[row]), Double(logZs[row]), plan.targets[row])
            let more = soft.gradients(row, Double(softTargets[row]), logSumExp: logZ[row]) { place, dz in
                let isTarget = soft.tokenIDs[place] == target ? 1.0 : 0
                let p = exp(Double(soft.logits[place]) - Double(logZ[row]))
                let slope = softCap.map { 1 - pow(Double(soft.logits[place]) / Double($0), 2) } ?? 1
                values[place] = Float(slope * (dLogProb * (isTarget - p) + dLogZ * p + dz))
            }
            if isTempered { factors[row] = Float(more) } else { logZs[row] = Float(dLogZ + more) }
        }
        self.init(
            logProbs: logProbs, logSumExps: logZs,
            tempered: isTempered
                ? TemperedLogitGradients(
                    inverseTemperature: Float(1 / soft.divergence.temperature),
                    logSumExps: logProbs.indices.map { Float(soft.tempered($0, logZ[$0])) }, gradients: factors)
                : nil,
            chosen: ChosenLogitGradients(k: soft.k, tokenIDs: soft.tokenIDs, values: values))
    }
}
