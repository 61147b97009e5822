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
}

private struct HeadRun {
    private let x, logSumExp, targetLogits: TensorBuffer
    private let packed: PackedMatrix
    private let head: Head
    private let targets: [Int32]
    private let path: KernelPath

    init(_ x: [Double], _ w: [Double], width: Int, targets: [Int], softCap: Double?, _ path: KernelPath) {
        self.x = TensorBuffer(x)
        self.path = path
        self.targets = targets.map(Int32.init)
        head = Head(softCap: softCap.map { Float($0) })
        packed = PackedMatrix(outputs: w.count / width, inputs: width, path: path)
        let weights = TensorBuffer(w)
        packed.pack(weights.base, workers: WorkerPool(threads: 1, path: path))
        logSumExp = TensorBuffer(count: targets.count)
        targetLogits = TensorBuffer(count: targets.count)
        let scratch = TensorBuffer(count: Head.scratchCount(rows: targets.count, path: path))
        withTargets {
            head.forward(
                PreparedRows(self.x.tensor(columns: width), .f32, scratch: scratch.base, path: path), packed,
                targets: $0, scratch: scratch.base, logSumExp: logSumExp.base,
                targetLogits: targetLogits.base)
        }
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
            MatrixMultiply.forward(
                x.tensor(columns: packed.inputs), packed, outputsFrom: columns.lowerBound, into: block)
            withTargets {
                head.logitGradients(
                    block, firstColumn: columns.lowerBound, targets: $0, logSumExp: logSumExp.base,
                    gradients: gradients.base, logSumExpGradients: dz.map { UnsafePointer($0.base) }, path: path)
            }
        }
        return logits.doubles
    }

    private func withTargets(_ body: (UnsafePointer<Int32>) -> Void) {
        targets.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
    }
}
