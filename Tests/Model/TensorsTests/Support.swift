import Tensors
import Testing

/// Random numbers from a seed, so that a failure can be repeated.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [-scale, scale], each an f32.
    mutating func values(_ count: Int, scale: Float = 1) -> [Double] {
        (0..<count).map { _ in Double(Float.random(in: -scale...scale, using: &self)) }
    }
}

extension TensorBuffer {
    convenience init(_ values: [Double]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { baseAddress[index] = Float(value) }
    }

    // Read within a method: a buffer that nobody else holds would be gone before a pointer into it is read.
    var doubles: [Double] { values.map(Double.init) }
    var bits: [UInt32] { values.map(\.bitPattern) }

    func tensor(columns: Int) -> Tensor { Tensor(baseAddress, rows: count / columns, columns: columns) }
}

/// f32 kernels against f64 loops: largest difference over the largest value (at least 1).
let kernelTolerance = 2e-5

func expectClose(
    _ found: [Double], _ expected: [Double], within tolerance: Double = kernelTolerance, _ what: Comment = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found.count == expected.count, what, sourceLocation: sourceLocation)
    let scale = max(1, expected.map { abs($0) }.max() ?? 0)
    var worst = 0.0
    for (a, b) in zip(found, expected) { worst = max(worst, abs(a - b) / scale) }
    let isFinite = found.allSatisfy { $0.isFinite }
    #expect(isFinite && worst <= tolerance, what, sourceLocation: sourceLocation)
}

/// Central differences of sum(c * f(x)) in f64: the truth for a naive backward.
func numericGradient(_ x: [Double], _ c: [Double], _ f: ([Double]) -> [Double]) -> [Double] {
    let h = 1e-5
    return x.indices.map { index in
        var (up, down) = (x, x)
        up[index] += h
        down[index] -= h
        return (Naive.dot(c, f(up)) - Naive.dot(c, f(down))) / (2 * h)
    }
}

/// A naive backward against central differences.
let differenceTolerance = 1e-6

func roundedToBF16(_ value: Double) -> Double {
    let bits = Float(value).bitPattern
    return Double(Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
}
