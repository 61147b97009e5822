import Tensors
import Testing

/// Every kernel against its naive loop, on every instruction set of this CPU, at widths with and without a rest.
@Suite struct KernelTests {
    static let paths = KernelPath.supported
    static let widths = [1, 3, 16, 37, 64, 130]

    @Test(arguments: paths, widths)
    func norm(_ path: KernelPath, _ width: Int) {
        for options in [Naive.NormOptions(), Naive.NormOptions(offset: 1), Naive.NormOptions(isCentered: true)] {
            var random = SeededRandom(UInt64(width))
            let (x, w, dy) = (random.values(4 * width), random.values(width), random.values(4 * width))
            let norm = Norm(
                epsilon: Float(options.epsilon), offset: Float(options.offset), isCentered: options.isCentered)
            let (xs, ws, dys) = (TensorBuffer(x), TensorBuffer(w), TensorBuffer(dy))
            let (ys, dxs, dws) = (TensorBuffer(count: x.count), TensorBuffer(x), TensorBuffer(count: width))
            norm.forward(xs.tensor(columns: width), weight: ws.baseAddress, into: ys.tensor(columns: width), path: path)
            // A row of one value, centred, is 0 whatever it is: its gradient is only rounding times 1 / sqrt(epsilon).
            let loose = width == 1 ? 1e-3 : kernelTolerance * 10
            expectClose(ys.doubles, Naive.norm(x, w, options, width: width), "\(path) \(width)")
            norm.backward(
                xs.tensor(columns: width), weight: ws.baseAddress, dy: dys.tensor(columns: width),
                into: dxs.tensor(columns: width), accumulate: true, dweight: dws.baseAddress, path: path)
            let expected = Naive.normBackward(x, w, options, width: width, dy: dy)
            expectClose(dxs.doubles, zip(x, expected.dx).map(+), within: loose, "\(path) \(width)")
            expectClose(dws.doubles, expected.dw, "\(path) \(width)")
            norm.forward(xs.tensor(columns: width), weight: nil, into: ys.tensor(columns: width), path: path)
            expectClose(ys.doubles, Naive.norm(x, nil, options, width: width), "\(path) \(width)")
        }
    }

    @Test(arguments: paths, [GatedActivation.silu, .geluTanh])
    func activation(_ path: KernelPath, _ activation: GatedActivation) {
        var random = SeededRandom(5)
        let gate = random.values(70, scale: 9) + [0, -100, 100, -20, 20]
        let (up, dout) = (random.values(75), random.values(75))
        let value = activation == .silu ? Naive.silu : Naive.geluTanh
        let slope = activation == .silu ? Naive.siluSlope : Naive.geluTanhSlope
        let (gates, ups, douts) = (TensorBuffer(gate), TensorBuffer(up), TensorBuffer(dout))
        let out = TensorBuffer(count: 75)
        activation.forward(
            gate: gates.tensor(columns: 75), up: ups.tensor(columns: 75), into: out.tensor(columns: 75), path: path)
        expectClose(out.doubles, zip(gate, up).map { value($0) * $1 })
        activation.backward(
            gate: gates.tensor(columns: 75), up: ups.tensor(columns: 75), dout: douts.tensor(columns: 75), path: path)
        expectClose(gates.doubles, (0..<75).map { dout[$0] * up[$0] * slope(gate[$0]) })
        expectClose(ups.doubles, (0..<75).map { dout[$0] * value(gate[$0]) })
    }

    @Test(arguments: paths, [false, true])
    func rope(_ path: KernelPath, _ interleaved: Bool) {
        var random = SeededRandom(7)
        for (width, first, turned) in [(6, 0, 6), (40, 0, 40), (70, 2, 68), (9, 3, 4)] {
            let x = random.values(5 * 3 * width)
            let frequencies = (0..<turned / 2).map { _ in Double.random(in: 0...1, using: &random) }
            let angles = (0..<5).flatMap { t in frequencies.map { Double(t) * $0 } }
            let (cosines, sines) = (TensorBuffer(angles.map(cosine)), TensorBuffer(angles.map(sine)))
            let rotary = Rotary(
                width: turned, firstFeature: first, isInterleaved: interleaved, cosines: cosines.baseAddress,
                sines: sines.baseAddress
            )
            let buffer = TensorBuffer(x)
            let tensor = buffer.tensor(columns: 3 * width)
            let positions: [Int32] = [0, 1, 2, 3, 4]
            positions.withUnsafeBufferPointer { positions in
                guard let positions = positions.baseAddress else { return }
                rotary.forward(tensor, headWidth: width, positions: positions, path: path)
                expectClose(
                    buffer.doubles,
                    Naive.rope(
                        x, heads: 3, width: width, first: first, turned: turned, interleaved: interleaved,
                        frequencies: frequencies))
                rotary.backward(tensor, headWidth: width, positions: positions, path: path)
            }
            expectClose(buffer.doubles, x)
        }
    }
}
