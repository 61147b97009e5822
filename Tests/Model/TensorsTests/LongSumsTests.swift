import Foundation
import Tensors
import Testing

/// Sums over very many terms: their error must not grow with the number. What is compared is the f32 kernel with a loop in f64 over
/// the same f32 inputs.
@Suite struct LongSumsTests {
    static let paths = KernelPath.supported
    static let length = 32_768
    /// Errors of sums in one chain were 20 times as large, of a head over 300,000 tokens 100 times.
    static let tolerance = 3e-6

    /// Whatever the weights are, the mean of equal values is that value, at every position.
    @Test(arguments: paths, [MatrixFormat.f32, .bf16])
    func attentionToEqualValuesDoesNotDrift(_ path: KernelPath, _ format: MatrixFormat) {
        var random = SeededRandom(3)
        // In bf16 the weights of values are rounded: equal scores, whose weights are exactly 1.
        let queries = random.values(24 * 8, scale: format == .f32 ? 4 : 0)
        let value = Double(format == .f32 ? 0.7312345 : roundedToBF16(0.7312345))
        let long = LongSegment(
            keys: random.values(Self.length * 8), values: [Double](repeating: value, count: Self.length * 16), format,
            path)
        for first in [0, 999, 1000, 1024, 4100, 20_000, Self.length - 24] {
            expectClose(
                long.outputs(queries, first: first), [Double](repeating: value, count: 24 * 16), within: Self.tolerance,
                "\(path) \(format) \(first)")
        }
    }

    /// Values with a mean, under random scores and under ones that rise from block to block.
    @Test(arguments: paths, [0, 6.0])
    func attentionAgreesWithTheLoopAtEveryPosition(_ path: KernelPath, _ rise: Double) {
        var random = SeededRandom(5)
        let queries = (0..<24).flatMap { _ in [1.0] + random.values(7) }
        let keys = (0..<Self.length).flatMap { position in
            [Double(Float(rise * Double(position) / Double(Self.length)))] + random.values(7)
        }
        let values = random.values(Self.length * 16).map { Double(Float(1 + 0.3 * $0)) }
        let long = LongSegment(keys: keys, values: values, .f32, path)
        for first in [0, 1010, 9000, Self.length - 24] {
            let expected = (0..<24).flatMap { row in
                Self.attention(Array(queries[row * 8..<(row + 1) * 8]), keys, values, position: first + row)
            }
            expectClose(long.outputs(queries, first: first), expected, within: Self.tolerance, "\(path) \(first)")
        }
    }

    /// Near a flat distribution over 300,000 tokens, and with logits that rise with the id, so that each panel has a new maximum.
    @Test(arguments: paths, [0, 1e-5])
    func theHeadOfALargeVocabulary(_ path: KernelPath, _ rise: Double) {
        var random = SeededRandom(7)
        let logits = (0..<300_000).map {
            Double(Float(rise * Double($0)) + Float.random(in: -0.01...0.01, using: &random))
        }
        let packed = PackedMatrix(outputs: logits.count, inputs: 1, path: path)
        let weights = TensorBuffer(logits)
        packed.pack(weights.baseAddress, workers: WorkerPool(threads: 1, path: path))
        let (one, scratch) = (TensorBuffer([1]), TensorBuffer(count: Head.scratchCount(rows: 1, path: path)))
        var (logSumExp, targetLogit, chosenLogit, rest): (Float, Float, Float, Float) = (0, 0, 0, 0)
        var (target, chosen): (Int32, Int32) = (299_999, 17)
        Head().forward(
            .plain(one.tensor(columns: 1)), packed, targets: &target,
            chosen: Head.Chosen(k: 1, tokenIDs: &chosen, logits: &chosenLogit, rest: &rest),
            scratch: scratch.baseAddress,
            logSumExp: &logSumExp, targetLogits: &targetLogit)
        expectClose([Double(logSumExp)], [log(logits.map { exp($0) }.reduce(0, +))], within: 1e-7, "\(path)")
        let others = logits.indices.filter { $0 != 17 }.map { exp(logits[$0]) }.reduce(0, +)
        expectClose([Double(rest)], [log(others)], within: 1e-7, "\(path)")
    }

    /// Equal squares: every addition rounds the same way.
    @Test(arguments: paths, [false, true])
    func theNormOfAWideRow(_ path: KernelPath, _ isCentered: Bool) {
        let width = 16_384
        let x = (0..<width).map { Double(Float($0 % 2 == 0 ? 1.2345678 : isCentered ? 0.1 : -1.2345678)) }
        let (xs, ys) = (TensorBuffer(x), TensorBuffer(count: width))
        Norm(epsilon: 1e-5, isCentered: isCentered).forward(
            xs.tensor(columns: width), weight: nil, into: ys.tensor(columns: width), path: path)
        expectClose(
            ys.doubles, Naive.norm(x, nil, Naive.NormOptions(isCentered: isCentered), width: width), within: 1e-6,
            "\(path)")
    }

    /// The gradients of a matrix and of a bias over many equal rows.
    @Test(arguments: paths, [MatrixFormat.f32, .bf16])
    func gradientsOverManyRows(_ path: KernelPath, _ format: MatrixFormat) {
        let rows = Self.length
        let (x, dy) = (TensorBuffer(count: rows * 8), TensorBuffer(count: rows * 8))
        x.tensor(columns: 8).fill(0.8125)
        dy.tensor(columns: 8).fill(Float(roundedToBF16(0.7312345)))
        let expected = Double(rows) * 0.8125 * roundedToBF16(0.7312345)
        MatrixMultiply.useCallingThreadOnly()
        let memory = TensorBuffer(count: GradientRows.floatCount(rows: rows, columns: 8, format, path: path))
        let operand = GradientRows(memory.baseAddress, rows: rows, columns: 8, format, path: path)
        operand.take(x.tensor(columns: 8), at: 0)
        let (dw, bias) = (TensorBuffer(count: 64), TensorBuffer(count: 8))
        let scratch = TensorBuffer(count: GradientRows.scratchCount(rows: rows, format, path: path))
        operand.addProduct(dy.tensor(columns: 8), into: dw.baseAddress, scratch: scratch.baseAddress)
        dy.tensor(columns: 8).sumRows(into: bias.baseAddress, path: path)
        expectClose(dw.doubles, [Double](repeating: expected, count: 64), within: Self.tolerance, "\(path)")
        expectClose(
            bias.doubles, [Double](repeating: expected / 0.8125, count: 8), within: Self.tolerance, "\(path)")
        withExtendedLifetime((memory, scratch)) {}
    }

    /// One query at `position`, one head of width 8, values of width 16, scale 1.
    private static func attention(
        _ query: [Double], _ keys: [Double], _ values: [Double], position: Int
    ) -> [Double] {
        let scores = (0...position).map { Naive.dot(query, keys[$0 * 8..<($0 + 1) * 8]) }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        var out = [Double](repeating: 0, count: 16)
        for (position, weight) in weights.enumerated() {
            for column in 0..<16 { out[column] += weight * values[position * 16 + column] }
        }
        let sum = weights.reduce(0, +)
        return out.map { $0 / sum }
    }
}

/// Keys and values of a segment, packed; queries are asked at a few of its positions.
private struct LongSegment {
    private let attention = Attention(heads: 1, queryKeyWidth: 8, valueWidth: 16, scale: 1)
    private let blocks: TensorBuffer
    private let format: MatrixFormat
    private let path: KernelPath

    init(keys: [Double], values: [Double], _ format: MatrixFormat, _ path: KernelPath) {
        self.format = format
        self.path = path
        let (keys, values, size) = (TensorBuffer(keys), TensorBuffer(values), Attention.keyBlock)
        let length = keys.count / 8
        blocks = TensorBuffer(count: length / size * attention.blockCount)
        for first in stride(from: 0, to: length, by: size) {
            attention.pack(
                keys: keys.tensor(columns: 8)[first..<first + size],
                values: values.tensor(columns: 16)[first..<first + size],
                into: blocks.baseAddress + first / size * attention.blockCount, format, path: path)
        }
    }

    func outputs(_ queries: [Double], first: Int) -> [Double] {
        let (queries, out) = (TensorBuffer(queries), TensorBuffer(count: 24 * 16))
        let scratch = TensorBuffer(count: attention.scratchCount)
        attention.forward(
            queries: queries.tensor(columns: 8), first: first, blocks: blocks.baseAddress,
            into: out.tensor(columns: 16),
            logSumExp: nil, scratch: scratch.baseAddress, format, path: path)
        return out.doubles
    }
}
