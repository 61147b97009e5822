import Tensors
import Testing

@Suite struct AdamWTests {
    static let paths = KernelPath.supported

    /// The formula of torch.optim.AdamW in f64, three steps.
    @Test(arguments: paths)
    func agreesWithTheFormula(_ path: KernelPath) {
        var random = SeededRandom(31)
        var p = random.values(75)
        let parameters = TensorBuffer(p)
        var (m, v) = (p.map { _ in 0.0 }, p.map { _ in 0.0 })
        let (first, second) = (TensorBuffer(count: 75), TensorBuffer(count: 75))
        let (rate, beta1, beta2, epsilon, decay, scale) = (0.01, 0.9, 0.95, 1e-8, 0.1, 0.5)
        for step in 1...3 {
            let g = random.values(75)
            let gradients = TensorBuffer(g)
            adamWUpdate(
                parameters: parameters.baseAddress, gradients: gradients.baseAddress, firstMoments: first.baseAddress,
                secondMoments: second.baseAddress, count: 75, learningRate: rate, beta1: beta1, beta2: beta2,
                epsilon: epsilon,
                weightDecay: decay, step: step, gradientScale: Float(scale),
                workers: WorkerPool(threads: 2, path: path))
            for i in p.indices {
                p[i] *= 1 - rate * decay
                let scaled: Double = scale * g[i]
                m[i] = beta1 * m[i] + (1 - beta1) * scaled
                v[i] = beta2 * v[i] + (1 - beta2) * scaled * scaled
                let mean = m[i] / (1 - power(beta1, step))
                let square = v[i] / (1 - power(beta2, step))
                p[i] -= rate * mean / (square.squareRoot() + epsilon)
            }
            expectClose(parameters.doubles, p, within: 1e-6)
        }
    }

    @Test func aSumOfSquaresIsTheSameOnAnyThreads() {
        var random = SeededRandom(37)
        let x = random.values(200_003)
        let buffer = TensorBuffer(x)
        let sums = [1, 2, 3, 7].map {
            sumOfSquares(UnsafeBufferPointer(buffer.values), workers: WorkerPool(threads: $0)).bitPattern
        }
        #expect(Set(sums).count == 1)
        let expected = Naive.dot(x, x)
        let found = sumOfSquares(UnsafeBufferPointer(buffer.values), workers: WorkerPool(threads: 1))
        #expect(abs(found - expected) < 1e-9 * expected)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { value, _ in value * base }
    }
}
