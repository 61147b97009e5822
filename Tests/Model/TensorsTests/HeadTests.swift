import Foundation
import Tensors
import Testing

@Suite struct HeadTests {
    static let paths = KernelPath.supported

    @Test(arguments: paths, [nil, 1.5])
    func agreesWithTheLoop(_ path: KernelPath, _ softCap: Double?) {
        for (rows, vocabulary, width) in [(1, 1, 3), (7, 50, 5), (13, 200, 33)] {
            var random = SeededRandom(29)
            let (x, w, g) = (random.values(rows * width), random.values(vocabulary * width), random.values(rows))
            let targets = (0..<rows).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
            let run = HeadRun(x, w, width: width, targets: targets, softCap: softCap, path)
            let expected = Naive.logProbs(x, w, width: width, targets: targets, softCap: softCap)
            expectClose(run.logProbs, expected, "\(path) \(vocabulary)")
            expectClose(
                run.gradients(g),
                Naive.logitGradients(x, w, width: width, targets: targets, softCap: softCap, gradients: g),
                "\(path) \(vocabulary)")
            expectClose(run.logSumExps, Naive.logSumExps(x, w, width: width, softCap: softCap), "\(path) \(vocabulary)")
            let dz = random.values(rows)
            expectClose(
                run.gradients(g, logSumExps: dz),
                Naive.logitGradients(
                    x, w, width: width, targets: targets, softCap: softCap, gradients: g, logSumExpGradients: dz),
                "\(path) \(vocabulary)")
            #expect(run.gradients(g, logSumExps: dz.map { _ in 0 }) == run.gradients(g))
        }
    }

    /// A logit that is not a number makes the log-prob so too, though it is not the target's.
    @Test(arguments: paths)
    func nothingHidesNaN(_ path: KernelPath) {
        var w = [Double](repeating: 0.5, count: 100)
        w[42] = .nan
        let run = HeadRun([1, 1], w, width: 2, targets: [3], softCap: nil, path)
        #expect(run.logProbs[0].isNaN)
    }

    @Test(arguments: paths, [nil, 1.5])
    func likeliestAndChosenAgreeWithTheLoop(_ path: KernelPath, _ softCap: Double?) {
        for (rows, vocabulary, width, k) in [(1, 1, 3, 1), (7, 50, 5, 7), (13, 200, 33, 20), (3, 70, 5, 70)] {
            var random = SeededRandom(31)
            let (x, w) = (random.values(rows * width), random.values(vocabulary * width))
            let chosen = (0..<rows).flatMap { _ in
                Array((0..<Int32(vocabulary)).shuffled(using: &random).prefix(k))
            }
            let run = HeadRun(
                x, w, width: width, targets: [Int](repeating: 0, count: rows), softCap: softCap, path, k: k,
                chosen: chosen)
            for row in 0..<rows {
                let all = (0..<vocabulary).map { id in
                    let logit = Naive.dot(
                        x[row * width..<(row + 1) * width], w[id * width..<(id + 1) * width])
                    return softCap.map { $0 * tanh(logit / $0) } ?? logit
                }
                let (ids, logProbs) = run.top(row)
                let order = all.indices.sorted { all[$0] == all[$1] ? $0 < $1 : all[$0] > all[$1] }.prefix(k)
                #expect(ids.map(Int.init) == Array(order))
                let logSumExp = log(all.map(exp).reduce(0, +))
                expectClose(logProbs, order.map { all[$0] - logSumExp }, "\(path) \(vocabulary)")
                let mine = chosen[row * k..<(row + 1) * k].map(Int.init)
                let (logits, rest) = run.chosen(row)
                expectClose(logits, mine.map { all[$0] }, "\(path) \(vocabulary)")
                let others = all.indices.filter { !mine.contains($0) }.map { exp(all[$0]) }.reduce(0, +)
                if k == vocabulary {
                    #expect(rest == -.infinity)
                } else {
                    expectClose([rest], [log(others)], "\(path) \(vocabulary)")
                }
            }
        }
    }

    /// Entropy and normalizer at several temperatures, of logits from nearly equal to a certainty.
    @Test(arguments: paths, [nil, 1.5])
    func entropiesAndNormalizersAgreeWithTheLoop(_ path: KernelPath, _ softCap: Double?) {
        let temperatures = [1, 2, 0.3, 50]
        for (rows, vocabulary, scale) in [(1, 1, 1.0), (7, 50, 1e-3), (3, 64, 1), (13, 200, 4), (5, 3000, 30)] {
            var random = SeededRandom(41)
            let (x, w) = (random.values(rows), random.values(vocabulary).map { $0 * scale })
            let run = HeadRun(
                x, w, width: 1, targets: [Int](repeating: 0, count: rows), softCap: softCap, path,
                temperatures: temperatures)
            let plain = HeadRun(
                x, w, width: 1, targets: [Int](repeating: 0, count: rows), softCap: softCap, path)
            #expect(run.logProbs == plain.logProbs)
            for row in 0..<rows {
                let logits = w.map { (weight: Double) -> Double in
                    let logit = Double(Float(x[row])) * Double(Float(weight))
                    return softCap.map { $0 * tanh(logit / $0) } ?? logit
                }
                let largest = logits.max() ?? 0
                let logZ = largest + log(logits.map { exp($0 - largest) }.reduce(0, +))
                for (index, temperature) in temperatures.enumerated() {
                    let top = (largest - logZ) / temperature
                    let logSum = top + log(logits.map { exp(($0 - logZ) / temperature - top) }.reduce(0, +))
                    let entropy = logits.map { (logit: Double) -> Double in
                        let logP = (logit - logZ) / temperature - logSum
                        return -exp(logP) * logP
                    }.reduce(0, +)
                    let got = run.tempered(row, index)
                    expectClose([got.logSum, got.entropy], [logSum, entropy], "\(path) \(vocabulary) \(temperature)")
                    #expect(got.entropy >= 0)
                }
            }
        }
    }

    /// Nowhere by rounding either: whoever reads a log-prob above 0 may refuse it. The target's logit is the largest, and the larger the
    /// logits, the more the log-sum-exp rounds.
    @Test(arguments: paths, [nil, 30])
    func noLogProbIsAboveZero(_ path: KernelPath, _ softCap: Double?) {
        var random = SeededRandom(37)
        for (vocabulary, scale) in [(1, 1e4), (2, 1e-3), (70, 1), (300, 30), (1000, 1e3), (5000, 1e-6)] {
            let w = random.values(vocabulary).map { $0 * scale }
            let largest = w.indices.max { w[$0] < w[$1] } ?? 0
            for x in random.values(50) + [1, 1e3, 1e-30] {
                let run = HeadRun([abs(x)], w, width: 1, targets: [largest], softCap: softCap, path, k: 1)
                #expect(run.logProbs[0] <= 0 && run.top(0).logProbs[0] <= 0, "\(path) \(vocabulary) \(x)")
            }
        }
    }

    /// Tokens with the same weights have the same logits.
    @Test(arguments: paths)
    func ofEqualOnesTheLowerIDIsFirst(_ path: KernelPath) {
        let kinds = (0..<300).map { $0 % 3 }
        let run = HeadRun(
            [1], kinds.map { Double($0) }, width: 1, targets: [0], softCap: nil, path, k: 150)
        let order = [2, 1].flatMap { kind in kinds.indices.filter { kinds[$0] == kind } }.prefix(150)
        #expect(run.top(0).ids.map(Int.init) == Array(order))
    }

    /// Logits so near each other that rounding makes log-probs equal: the order, and the choice of the last, are those of the log-probs.
    @Test(arguments: paths, [nil, 1.5])
    func theOrderIsThatOfRoundedLogProbs(_ path: KernelPath, _ softCap: Double?) {
        for (vocabulary, spread) in [(1500, 1e-5), (1500, 0.002), (700, 1.0)] {
            var random = SeededRandom(37)
            let w = (0..<vocabulary).map { _ in Double(Float.random(in: 0...Float(spread), using: &random)) }
            let all = HeadRun(
                w.map { _ in 1 }, w, width: 1, targets: Array(0..<vocabulary), softCap: softCap, path
            ).logProbs
            for k in [1, 10, 640] {
                let run = HeadRun([1, 1], w, width: 1, targets: [0, 0], softCap: softCap, path, k: k)
                let order = all.indices.sorted { all[$0] == all[$1] ? $0 < $1 : all[$0] > all[$1] }.prefix(k)
                for row in 0...1 {
                    #expect(run.top(row).ids.map(Int.init) == Array(order), "\(path) \(vocabulary) \(k)")
                    #expect(run.top(row).logProbs == order.map { all[$0] }, "\(path) \(vocabulary) \(k)")
                }
            }
        }
    }

    /// A logit that is not a number is never among the likeliest: with as many wanted as there are tokens, one is missing.
    @Test(arguments: paths)
    func aNaNIsNotAmongTheLikeliest(_ path: KernelPath) {
        let run = HeadRun([1], [0.5, .nan, 0.25], width: 1, targets: [0], softCap: nil, path, k: 3)
        #expect(run.top(0).ids == [0, 2, -1])
    }
}

private struct HeadRun {
    private let x, logSumExp, targetLogits: TensorBuffer
    private let packed: PackedMatrix
    private let head: Head
    private let targets: [Int32]
    private let path: KernelPath
    private var topIDs: [Int32]
    private let topLogProbs, chosenLogits, rest: TensorBuffer
    private let k: Int
    private let temperatures: Int
    private let logSums, entropies: TensorBuffer

    init(
        _ x: [Double], _ w: [Double], width: Int, targets: [Int], softCap: Double?, _ path: KernelPath, k: Int = 0,
        chosen: [Int32] = [], temperatures: [Double] = []
    ) {
        self.k = k
        self.temperatures = temperatures.count
        logSums = TensorBuffer(count: targets.count * temperatures.count)
        entropies = TensorBuffer(count: targets.count * temperatures.count)
        topIDs = [Int32](repeating: 7, count: targets.count * k)
        topLogProbs = TensorBuffer(count: targets.count * k)
        chosenLogits = TensorBuffer(count: targets.count * k)
        rest = TensorBuffer(count: targets.count)
        self.x = TensorBuffer(x)
        self.path = path
        self.targets = targets.map(Int32.init)
        head = Head(softCap: softCap.map { Float($0) })
        packed = PackedMatrix(outputs: w.count / width, inputs: width, path: path)
        let weights = TensorBuffer(w)
        packed.pack(weights.baseAddress, workers: WorkerPool(threads: 1, path: path))
        logSumExp = TensorBuffer(count: targets.count)
        targetLogits = TensorBuffer(count: targets.count)
        let scratch = TensorBuffer(count: Head.scratchCount(rows: targets.count, path: path))
        let (topLogProbs, chosenLogits, rest) = (topLogProbs, chosenLogits, rest)
        let (logSumExp, targetLogits, packed, head) = (logSumExp, targetLogits, packed, head)
        let rows = PreparedRows(self.x.tensor(columns: width), .f32, scratch: scratch.baseAddress, path: path)
        let wanted = self.targets
        let inverses = TensorBuffer(temperatures.map { 1 / $0 })
        let sums = UnsafeMutablePointer<Double>.allocate(capacity: 2 * targets.count * temperatures.count)
        defer { sums.deallocate() }
        let (logSums, entropies) = (logSums, entropies)
        let tempered =
            temperatures.isEmpty
            ? nil
            : Head.Tempered(
                count: temperatures.count, inverses: inverses.baseAddress, sums: sums, logSums: logSums.baseAddress,
                entropies: entropies.baseAddress)
        topIDs.withUnsafeMutableBufferPointer { ids in
            chosen.withUnsafeBufferPointer { chosen in
                wanted.withUnsafeBufferPointer { targets in
                    guard let targets = targets.baseAddress else { return }
                    head.forward(
                        rows, packed, targets: targets,
                        top: k == 0
                            ? nil
                            : ids.baseAddress.map { Head.Top(k: k, tokenIDs: $0, logProbs: topLogProbs.baseAddress) },
                        tempered: tempered,
                        chosen: chosen.isEmpty
                            ? nil
                            : chosen.baseAddress.map {
                                Head.Chosen(
                                    k: k, tokenIDs: $0, logits: chosenLogits.baseAddress, rest: rest.baseAddress)
                            }, scratch: scratch.baseAddress, logSumExp: logSumExp.baseAddress,
                        targetLogits: targetLogits.baseAddress)
                }
            }
        }
    }

    func top(_ row: Int) -> (ids: [Int32], logProbs: [Double]) {
        (Array(topIDs[row * k..<(row + 1) * k]), Array(topLogProbs.doubles[row * k..<(row + 1) * k]))
    }

    func tempered(_ row: Int, _ temperature: Int) -> (logSum: Double, entropy: Double) {
        let place = row * temperatures + temperature
        return (logSums.doubles[place], entropies.doubles[place])
    }

    func chosen(_ row: Int) -> (logits: [Double], rest: Double) {
        (Array(chosenLogits.doubles[row * k..<(row + 1) * k]), rest.doubles[row])
    }

    var logProbs: [Double] { zip(targetLogits.values, logSumExp.values).map { Double($0 - $1) } }

    var logSumExps: [Double] { logSumExp.doubles }

    /// In two blocks of the vocabulary where it is large.
    func gradients(_ g: [Double], logSumExps dz: [Double]? = nil) -> [Double] {
        let dz = dz.map { TensorBuffer($0) }
        let gradients = TensorBuffer(g)
        let logits = TensorBuffer(count: targets.count * packed.outputs)
        let all = logits.tensor(columns: packed.outputs)
        let cut = min(64, packed.outputs)
        for columns in [0..<cut, cut..<packed.outputs] where !columns.isEmpty {
            let block = all.columns(columns)
            MatrixMultiply.product(
                .plain(x.tensor(columns: packed.inputs)), packed.panels.outputs(columns), into: block)
            withTargets {
                head.logitGradients(
                    block, firstColumn: columns.lowerBound, targets: $0, logSumExp: logSumExp.baseAddress,
                    gradients: gradients.baseAddress, logSumExpGradients: dz.map { UnsafePointer($0.baseAddress) },
                    path: path)
            }
        }
        return logits.doubles
    }

    private func withTargets(_ body: (UnsafePointer<Int32>) -> Void) {
        targets.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
    }
}
