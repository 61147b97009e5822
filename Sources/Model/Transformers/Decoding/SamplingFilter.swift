/// Which tokens may be drawn: the k likeliest, and of these the fewest likeliest that have a share p of their probability, so that the one
/// that reaches p is among them. Of equally likely tokens those with the lower ids are taken. What is left is drawn from in its own
/// proportions.
///
/// Source: top-k, Fan et al. 2018 (arXiv 1805.04833); top-p, Holtzman et al. 2020 (arXiv 1904.09751). The order is that of transformers and
/// vLLM: temperature, top-k, top-p.
package struct SamplingFilter: Sendable, Equatable {
    /// Most tokens that may be drawn, 1 or more; nil: all.
    package let topK: Int?
    /// Share of probability that they have together, above 0 and up to 1; nil: all of it.
    package let topP: Double?

    package init(topK: Int? = nil, topP: Double? = nil) {
        precondition(topK ?? 1 >= 1 && topP ?? 1 > 0 && topP ?? 1 <= 1, "a filter leaves a token")
        self.topK = topK
        self.topP = topP == 1 ? nil : topP
    }

    var isNone: Bool { topK == nil && topP == nil }

    /// Ids that may be drawn, in their order.
    ///
    /// Complexity: O(V), and O(c log c) for the c tokens that are near the border.
    ///
    /// - Parameters:
    ///   - logits: finite, in the order of probability. [V]
    ///   - sum: of the masses of all tokens.
    ///   - mass: what a token's probability is proportional to.
    func kept(_ logits: UnsafeBufferPointer<Float>, sum: Double, mass: (Int) -> Double) -> [Int] {
        func isLikelier(_ one: Int, _ other: Int) -> Bool {
            logits[one] > logits[other] || logits[one] == logits[other] && one < other
        }
        var ids: [Int]
        var whole = sum
        if let topK, topK < logits.count {
            let least = Self.key(ofLikeliest: topK, logits)
            ids = Array(logits.indices.filter { Self.key(logits[$0]) >= least }.sorted(by: isLikelier).prefix(topK))
            whole = ids.reduce(0) { $0 + mass($1) }
        } else if let topP {
            // Those below it have less than 1 - p together, so p is reached without them.
            let least = (1 - topP) * sum / Double(logits.count)
            ids = logits.indices.filter { mass($0) >= least }.sorted(by: isLikelier)
        } else {
            return Array(logits.indices)
        }
        if let topP {
            var reached = 0.0
            let count = ids.firstIndex { id in
                reached += mass(id)
                return reached >= topP * whole
            }
            if let count { ids.removeSubrange((count + 1)...) }
        }
        return ids.sorted()
    }

    /// The upper half of a number that grows with the logit.
    private static func key(_ logit: Float) -> Int {
        let bits = (logit + 0).bitPattern  // one zero, not two
        return Int((bits >> 31 == 1 ? ~bits : bits | 1 << 31) >> 16)
    }

    /// The largest key that `count` tokens or more reach.
    private static func key(ofLikeliest count: Int, _ logits: UnsafeBufferPointer<Float>) -> Int {
        var tokens = [Int](repeating: 0, count: 1 << 16)
        for logit in logits { tokens[key(logit)] += 1 }
        var reached = 0
        for key in tokens.indices.reversed() {
            reached += tokens[key]
            if reached >= count { return key }
        }
        return 0
    }
}
