import Foundation
import RandomNumbers

/// Draws the tokens of one sequence. Its numbers are its own, so that they do not depend on what is decoded beside it.
struct TokenSampler {
    /// Always the likeliest token, the lower id of equals.
    let isGreedy: Bool
    private var random: SplitMix64

    init(isGreedy: Bool, seed: UInt64) {
        self.isGreedy = isGreedy
        random = SplitMix64(seed: seed)
    }

    /// p_i proportional to exp(logit_i), by inverting the distribution function in f64 in the order of ids.
    mutating func next(_ logits: UnsafeBufferPointer<Float>, softCap: Float?) -> Int32 {
        let likeliest = Self.argmax(logits)
        guard !isGreedy else { return Int32(likeliest) }
        func capped(_ logit: Float) -> Double {
            guard let cap = softCap.map(Double.init) else { return Double(logit) }
            return cap * tanh(Double(logit) / cap)
        }
        let top = capped(logits[likeliest])
        func mass(_ index: Int) -> Double { exp(capped(logits[index]) - top) }
        var sum = 0.0
        for index in logits.indices { sum += mass(index) }
        var rest = random.uniform() * sum
        for index in logits.indices {
            rest -= mass(index)
            if rest < 0 { return Int32(index) }
        }
        return Int32(likeliest)  // rounding left a rest
    }

    /// A soft cap changes no order.
    private static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return best
    }
}
