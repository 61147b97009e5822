import Foundation
import RandomNumbers

/// Draws the tokens of one sequence. Its numbers are its own, so that they do not depend on what is decoded beside it.
struct TokenSampler {
    /// Always the likeliest token, the lower id of equals.
    let isGreedy: Bool
    /// Tokens that may be drawn.
    let filter: SamplingFilter
    private var random: SplitMix64

    /// A token, and what it was drawn from.
    struct Draw {
        let token: Int32
        /// Of the distribution over all tokens, in nats; nil for the likeliest, which is not drawn.
        let entropy: Float?
    }

    init(isGreedy: Bool, filter: SamplingFilter, seed: UInt64) {
        self.isGreedy = isGreedy
        self.filter = filter
        random = SplitMix64(seed: seed)
    }

    /// p_i proportional to exp(logit_i) over the tokens that may be drawn, by inverting the distribution function in f64 in the order of ids.
    mutating func next(_ logits: UnsafeBufferPointer<Float>, softCap: Float?) -> Draw {
        let likeliest = Self.argmax(logits)
        guard !isGreedy else { return Draw(token: Int32(likeliest), entropy: nil) }
        func capped(_ logit: Float) -> Double {
            guard let cap = softCap.map(Double.init) else { return Double(logit) }
            return cap * tanh(Double(logit) / cap)
        }
        let top = capped(logits[likeliest])
        func mass(_ index: Int) -> Double { exp(capped(logits[index]) - top) }
        var sum = 0.0
        var moment = 0.0
        for index in logits.indices {
            let distance = capped(logits[index]) - top
            let mass = exp(distance)
            sum += mass
            if mass > 0 { moment += mass * distance }
        }
        let token: Int?
        if filter.isNone {
            token = draw(logits.indices, sum: sum, mass)
        } else {
            let kept = filter.kept(logits, sum: sum, mass: mass)
            token = draw(kept, sum: kept.reduce(0) { $0 + mass($1) }, mass)
        }
        return Draw(token: Int32(token ?? likeliest), entropy: Float(log(sum) - moment / sum))
    }

    /// nil where rounding leaves a rest.
    private mutating func draw(_ ids: some Sequence<Int>, sum: Double, _ mass: (Int) -> Double) -> Int? {
        var rest = random.uniform() * sum
        for id in ids {
            rest -= mass(id)
            if rest < 0 { return id }
        }
        return nil
    }

    /// A soft cap changes no order.
    private static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return best
    }
}
