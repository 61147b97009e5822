import Testing

/// The naive backward loops against central differences.
@Suite struct NaiveTests {
    @Test(arguments: [
        Naive.NormOptions(), Naive.NormOptions(epsilon: 0.1, offset: 1), Naive.NormOptions(isCentered: true),
    ])
    func norm(_ options: Naive.NormOptions) {
        var random = SeededRandom(1)
        let (x, w, c) = (random.values(15), random.values(5), random.values(15))
        let found = Naive.normBackward(x, w, options, width: 5, dy: c)
        let dx = numericGradient(x, c) { Naive.norm($0, w, options, width: 5) }
        let dw = numericGradient(w, c) { Naive.norm(x, $0, options, width: 5) }
        expectClose(found.dx, dx, within: differenceTolerance)
        expectClose(found.dw, dw, within: differenceTolerance)
    }

    @Test func activations() {
        for x in stride(from: -6.0, through: 6, by: 0.37) {
            let h = 1e-5
            let silu = (Naive.silu(x + h) - Naive.silu(x - h)) / (2 * h)
            let gelu = (Naive.geluTanh(x + h) - Naive.geluTanh(x - h)) / (2 * h)
            #expect(abs(Naive.siluSlope(x) - silu) < differenceTolerance)
            #expect(abs(Naive.geluTanhSlope(x) - gelu) < differenceTolerance)
        }
    }

    @Test(arguments: [
        Naive.AttentionOptions(heads: 2, queryKeyWidth: 3, valueWidth: 4),
        Naive.AttentionOptions(heads: 1, queryKeyWidth: 4, valueWidth: 2, scale: 1.3, softCap: 2),
        Naive.AttentionOptions(heads: 3, queryKeyWidth: 2, valueWidth: 2, window: 3),
    ])
    func attention(_ options: Naive.AttentionOptions) {
        var random = SeededRandom(2)
        let length = 7
        let x = Naive.Heads(
            queries: random.values(length * options.heads * options.queryKeyWidth),
            keys: random.values(length * options.queryKeyWidth), values: random.values(length * options.valueWidth))
        let c = random.values(length * options.heads * options.valueWidth)
        let found = Naive.attentionBackward(x, options, dout: c)
        func differences(_ part: WritableKeyPath<Naive.Heads, [Double]>) -> [Double] {
            numericGradient(x[keyPath: part], c) { values in
                var moved = x
                moved[keyPath: part] = values
                return Naive.attention(moved, options)
            }
        }
        expectClose(found.queries, differences(\.queries), within: differenceTolerance)
        expectClose(found.keys, differences(\.keys), within: differenceTolerance)
        expectClose(found.values, differences(\.values), within: differenceTolerance)
    }

    @Test(arguments: [nil, 1.5])
    func head(_ softCap: Double?) {
        var random = SeededRandom(3)
        let (x, w, g) = (random.values(8), random.values(28), random.values(2))
        let targets = [3, 6]
        let dlogits = Naive.logitGradients(x, w, width: 4, targets: targets, softCap: softCap, gradients: g)
        let dx = numericGradient(x, g) {
            Naive.logProbs($0, w, width: 4, targets: targets, softCap: softCap)
        }
        let expected = Naive.timesTransposed(dlogits, Naive.transposed(w, 4), 7)
        expectClose(expected, dx, within: differenceTolerance)
    }

    /// The gradient of log Z alone, and what it adds to that of the log-probs.
    @Test(arguments: [nil, 1.5])
    func logSumExp(_ softCap: Double?) {
        var random = SeededRandom(4)
        let (x, w, g, dz) = (random.values(8), random.values(28), random.values(2), random.values(2))
        let targets = [3, 6]
        let dlogits = Naive.logitGradients(
            x, w, width: 4, targets: targets, softCap: softCap, gradients: g, logSumExpGradients: dz)
        let ofLogProbs = numericGradient(x, g) { Naive.logProbs($0, w, width: 4, targets: targets, softCap: softCap) }
        let ofLogZ = numericGradient(x, dz) { Naive.logSumExps($0, w, width: 4, softCap: softCap) }
        expectClose(
            Naive.timesTransposed(dlogits, Naive.transposed(w, 4), 7), zip(ofLogProbs, ofLogZ).map(+),
            within: differenceTolerance)
    }
}
