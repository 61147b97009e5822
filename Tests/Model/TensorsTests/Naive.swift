import Foundation

/// The ops as plain loops in f64, forward and backward: what the kernels are compared with, themselves compared with central
/// differences. Row-major arrays.
enum Naive {
    struct NormOptions: Sendable {
        var epsilon = 1e-5
        var offset = 0.0
        var isCentered = false
    }

    /// y = (x - mean) rstd (w + offset) for each row of `width`.
    static func norm(_ x: [Double], _ w: [Double]?, _ options: NormOptions, width: Int) -> [Double] {
        let factors = self.factors(w, options, width)
        var y: [Double] = []
        for row in rows(x, width) {
            let (mean, rstd) = moments(row, options)
            for j in 0..<width { y.append((row[j] - mean) * rstd * factors[j]) }
        }
        return y
    }

    static func normBackward(
        _ x: [Double], _ w: [Double]?, _ options: NormOptions, width: Int, dy: [Double]
    ) -> (dx: [Double], dw: [Double]) {
        let factors = self.factors(w, options, width)
        var (dx, dw): ([Double], [Double]) = ([], [Double](repeating: 0, count: width))
        for (row, dy) in zip(rows(x, width), rows(dy, width)) {
            let (mean, rstd) = moments(row, options)
            let z = row.map { ($0 - mean) * rstd }
            let g = product(dy, factors)
            for j in 0..<width { dw[j] += dy[j] * z[j] }
            let gz = dot(g, z) / Double(width)
            let gs = options.isCentered ? g.reduce(0, +) / Double(width) : 0
            for j in 0..<width { dx.append(rstd * (g[j] - z[j] * gz - gs)) }
        }
        return (dx, dw)
    }

    private static func factors(_ w: [Double]?, _ options: NormOptions, _ width: Int) -> [Double] {
        guard let w else { return [Double](repeating: 1, count: width) }
        return w.map { $0 + options.offset }
    }

    private static func moments(_ row: [Double], _ options: NormOptions) -> (mean: Double, rstd: Double) {
        let count = Double(row.count)
        let mean = options.isCentered ? row.reduce(0, +) / count : 0
        let centred = row.map { $0 - mean }
        return (mean, 1 / (dot(centred, centred) / count + options.epsilon).squareRoot())
    }

    static func dot(_ x: some Sequence<Double>, _ y: some Sequence<Double>) -> Double {
        var sum = 0.0
        for (a, b) in zip(x, y) { sum += a * b }
        return sum
    }

    static func product(_ x: [Double], _ y: [Double]) -> [Double] {
        var result: [Double] = []
        for (a, b) in zip(x, y) { result.append(a * b) }
        return result
    }

    /// a [n, k] b^T, b [m, k]
    static func timesTransposed(_ a: [Double], _ b: [Double], _ k: Int) -> [Double] {
        let columns = rows(b, k)
        return rows(a, k).flatMap { row in columns.map { dot(row, $0) } }
    }

    static func transposed(_ a: [Double], _ width: Int) -> [Double] {
        let all = rows(a, width)
        return (0..<width).flatMap { column in all.map { $0[column] } }
    }

    static func rows(_ x: [Double], _ width: Int) -> [[Double]] {
        stride(from: 0, to: x.count, by: width).map { Array(x[$0..<$0 + width]) }
    }

    static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    static func siluSlope(_ x: Double) -> Double {
        let s = 1 / (1 + exp(-x))
        return s * (1 + x * (1 - s))
    }
    static func geluTanh(_ x: Double) -> Double {
        let inner: Double = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + tanh(inner))
    }
    static func geluTanhSlope(_ x: Double) -> Double {
        let root: Double = (2 / Double.pi).squareRoot()
        let cube: Double = 0.044715 * x * x * x
        let t = tanh(root * (x + cube))
        let inner: Double = root * (1 + 3 * 0.044715 * x * x)
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner
    }

    /// x [T, heads * width] turned by position; features from `first` on, `turned` of them.
    static func rope(
        _ x: [Double], heads: Int, width: Int, first: Int, turned: Int, interleaved: Bool, frequencies: [Double],
        direction: Double = 1
    ) -> [Double] {
        var y = x
        let half = turned / 2
        for t in 0..<x.count / (heads * width) {
            for h in 0..<heads {
                let base = (t * heads + h) * width + first
                for j in 0..<half {
                    let (a, b) = interleaved ? (base + 2 * j, base + 2 * j + 1) : (base + j, base + j + half)
                    let (c, s) = (cos(Double(t) * frequencies[j]), direction * sin(Double(t) * frequencies[j]))
                    y[a] = x[a] * c - x[b] * s
                    y[b] = x[b] * c + x[a] * s
                }
            }
        }
        return y
    }
}

extension Naive {
    struct AttentionOptions: Sendable {
        var heads = 1
        var queryKeyWidth = 4
        var valueWidth = 4
        var scale = 0.5
        var softCap: Double?
        var window: Int?
    }

    struct Heads {
        var queries, keys, values: [Double]  // [T, H E], [T, E], [T, V]
    }

    /// One group; out [T, H V].
    static func attention(_ x: Heads, _ options: AttentionOptions) -> [Double] {
        let (heads, e, v) = (options.heads, options.queryKeyWidth, options.valueWidth)
        let length = x.keys.count / e
        var out = [Double](repeating: 0, count: length * heads * v)
        for t in 0..<length {
            for h in 0..<heads {
                for (u, p) in probabilities(x, options, t, h) {
                    for j in 0..<v { out[(t * heads + h) * v + j] += p * x.values[u * v + j] }
                }
            }
        }
        return out
    }

    static func attentionBackward(_ x: Heads, _ options: AttentionOptions, dout: [Double]) -> Heads {
        let (heads, e, v) = (options.heads, options.queryKeyWidth, options.valueWidth)
        var d = Heads(
            queries: x.queries.map { _ in 0 }, keys: x.keys.map { _ in 0 }, values: x.values.map { _ in 0 })
        for t in 0..<x.keys.count / e {
            for h in 0..<heads {
                let row = (t * heads + h) * v
                let ps = probabilities(x, options, t, h)
                let dps = ps.map { dot(dout[row..<row + v], x.values[$0.0 * v..<($0.0 + 1) * v]) }
                let mean = dot(ps.map(\.1), dps)
                for ((u, p), dp) in zip(ps, dps) {
                    for j in 0..<v { d.values[u * v + j] += p * dout[row + j] }
                    let ds: Double = p * (dp - mean) * options.scale * slope(x, options, query: (t, h), key: u)
                    for j in 0..<e {
                        d.queries[(t * heads + h) * e + j] += ds * x.keys[u * e + j]
                        d.keys[u * e + j] += ds * x.queries[(t * heads + h) * e + j]
                    }
                }
            }
        }
        return d
    }

    /// The score of the query at position t, head h, and the key at position u.
    private static func raw(_ x: Heads, _ options: AttentionOptions, query place: (t: Int, h: Int), key u: Int)
        -> Double
    {
        let e = options.queryKeyWidth
        let query = (place.t * options.heads + place.h) * e
        return options.scale * dot(x.queries[query..<query + e], x.keys[u * e..<(u + 1) * e])
    }

    private static func slope(
        _ x: Heads, _ options: AttentionOptions, query place: (t: Int, h: Int), key u: Int
    ) -> Double {
        guard let cap = options.softCap else { return 1 }
        let y = tanh(raw(x, options, query: place, key: u) / cap)
        return 1 - y * y
    }

    private static func probabilities(
        _ x: Heads, _ options: AttentionOptions, _ t: Int, _ h: Int
    ) -> [(Int, Double)] {
        let first = options.window.map { max(0, t - $0 + 1) } ?? 0
        let scores = (first...t).map { u in
            let score = raw(x, options, query: (t, h), key: u)
            return options.softCap.map { $0 * tanh(score / $0) } ?? score
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        return weights.enumerated().map { (first + $0.offset, $0.element / total) }
    }

    /// log softmax of the (soft-capped) logits at each row's target. x [N, D], w [V, D].
    static func logProbs(_ x: [Double], _ w: [Double], width: Int, targets: [Int], softCap: Double?) -> [Double] {
        zip(rows(x, width), targets).map { row, target in
            let logits = capped(row, w, width, softCap).map(\.value)
            let top = logits.max() ?? 0
            let total = logits.map { exp($0 - top) }.reduce(0, +)
            return logits[target] - top - log(total)
        }
    }

    /// dlogits [N, V] of sum of g * log p.
    static func logitGradients(
        _ x: [Double], _ w: [Double], width: Int, targets: [Int], softCap: Double?, gradients: [Double],
        logSumExpGradients: [Double]? = nil
    ) -> [Double] {
        var result: [Double] = []
        for (index, row) in rows(x, width).enumerated() {
            let logits = capped(row, w, width, softCap)
            let top = logits.map(\.value).max() ?? 0
            let total = logits.map { exp($0.value - top) }.reduce(0, +)
            for (column, logit) in logits.enumerated() {
                let hot: Double = column == targets[index] ? 1 : 0
                let share = exp(logit.value - top) / total
                let dlogZ = logSumExpGradients?[index] ?? 0
                result.append((gradients[index] * (hot - share) + dlogZ * share) * logit.slope)
            }
        }
        return result
    }

    static func logSumExps(_ x: [Double], _ w: [Double], width: Int, softCap: Double?) -> [Double] {
        rows(x, width).map { row in
            let logits = capped(row, w, width, softCap).map(\.value)
            let top = logits.max() ?? 0
            return top + log(logits.map { exp($0 - top) }.reduce(0, +))
        }
    }

    private static func capped(
        _ row: [Double], _ w: [Double], _ width: Int, _ softCap: Double?
    ) -> [(value: Double, slope: Double)] {
        rows(w, width).map { weights in
            let logit = dot(row, weights)
            guard let softCap else { return (logit, 1) }
            let t = tanh(logit / softCap)
            return (softCap * t, 1 - t * t)
        }
    }
}
