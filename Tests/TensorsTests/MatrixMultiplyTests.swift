import Tensors
import Testing

@Suite struct MatrixMultiplyTests {
    static let paths = KernelPath.supported
    /// Rows, outputs, inputs: with and without rests of every tile and cache block.
    static let shapes = [(1, 1, 1), (5, 3, 2), (7, 64, 70), (13, 129, 33), (6, 192, 600), (37, 70, 1100)]

    @Test(arguments: paths, shapes)
    func forward(_ path: KernelPath, _ shape: (Int, Int, Int)) {
        let (rows, outputs, inputs) = shape
        var random = SeededRandom(11)
        let (x, w) = (random.values(rows * inputs), random.values(outputs * inputs))
        let (xs, ws, ys) = (TensorBuffer(x), TensorBuffer(w), TensorBuffer(count: rows * outputs))
        let packed = PackedMatrix(outputs: outputs, inputs: inputs, path: path)
        packed.pack(ws.base, workers: WorkerPool(threads: 2, path: path))
        MatrixMultiply.forward(xs.tensor(columns: inputs), packed, into: ys.tensor(columns: outputs))
        let expected = Naive.timesTransposed(x, w, inputs)
        expectClose(ys.doubles, expected)

        let unpacked = TensorBuffer(count: inputs)
        packed.unpackRow(outputs - 1, into: unpacked.base)
        let isSame = unpacked.doubles == Array(w.suffix(inputs))
        #expect(isSame)
    }

    /// The bits of a row do not depend on its place, on the number of rows or on what the other rows hold.
    @Test(arguments: paths, shapes)
    func rowsAreIndependent(_ path: KernelPath, _ shape: (Int, Int, Int)) {
        let (_, outputs, inputs) = shape
        var random = SeededRandom(13)
        let (row, w) = (random.values(inputs), random.values(outputs * inputs))
        let ws = TensorBuffer(w)
        let packed = PackedMatrix(outputs: outputs, inputs: inputs, path: path)
        packed.pack(ws.base, workers: WorkerPool(threads: 1, path: path))
        func product(rows: Int, place: Int) -> [UInt32] {
            let xs = TensorBuffer(random.values(place * inputs) + row + random.values((rows - place - 1) * inputs))
            let ys = TensorBuffer(count: rows * outputs)
            MatrixMultiply.forward(xs.tensor(columns: inputs), packed, into: ys.tensor(columns: outputs))
            return (0..<outputs).map { ys.base[place * outputs + $0].bitPattern }
        }
        let alone = product(rows: 1, place: 0)
        for rows in 1...14 {
            for place in 0..<rows {
                let isSame = product(rows: rows, place: place) == alone
                #expect(isSame, "row \(place) of \(rows)")
            }
        }
    }

    /// Inputs rounded to bf16, sums in f32; a row's bits are its own here too.
    @Test(arguments: paths, shapes)
    func bf16(_ path: KernelPath, _ shape: (Int, Int, Int)) {
        let (rows, outputs, inputs) = shape
        var random = SeededRandom(19)
        let (x, w) = (random.values(rows * inputs), random.values(outputs * inputs))
        let ws = TensorBuffer(w)
        let packed = PackedMatrix(outputs: outputs, inputs: inputs, format: .bf16, path: path)
        packed.pack(ws.base, workers: WorkerPool(threads: 1, path: path))
        func product(_ x: [Double]) -> TensorBuffer {
            let (xs, rows) = (TensorBuffer(x), x.count / inputs)
            let ys = TensorBuffer(count: rows * outputs)
            let scratch = TensorBuffer(
                count: PreparedRows.scratchCount(rows: rows, columns: inputs, .bf16, path: path))
            let prepared = PreparedRows(xs.tensor(columns: inputs), .bf16, scratch: scratch.base, path: path)
            MatrixMultiply.forward(prepared, packed, into: ys.tensor(columns: outputs))
            return ys
        }
        let all = product(x)
        expectClose(all.doubles, Naive.timesTransposed(x.map(roundedToBF16), w.map(roundedToBF16), inputs))
        for (index, row) in Naive.rows(x, inputs).enumerated() {
            let isSame = product(row).bits == Array(all.bits[index * outputs..<(index + 1) * outputs])
            #expect(isSame, "row \(index)")
        }
        let unpacked = TensorBuffer(count: inputs)
        packed.unpackRow(0, into: unpacked.base)
        let isKept = unpacked.doubles == w.prefix(inputs).map(roundedToBF16)
        #expect(isKept)
    }

    private func roundedToBF16(_ value: Double) -> Double {
        let bits = Float(value).bitPattern
        return Double(Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
    }

    @Test(arguments: shapes)
    func gradients(_ shape: (Int, Int, Int)) {
        let (rows, outputs, inputs) = shape
        var random = SeededRandom(17)
        let (x, w, dy) = (random.values(rows * inputs), random.values(outputs * inputs), random.values(rows * outputs))
        let (xs, ws, dys) = (TensorBuffer(x), TensorBuffer(w), TensorBuffer(dy))
        let (dxs, dws) = (TensorBuffer(x), TensorBuffer(w))
        MatrixMultiply.useCallingThreadOnly()
        MatrixMultiply.inputGradient(
            dys.tensor(columns: outputs), ws.base, into: dxs.tensor(columns: inputs), accumulate: true)
        MatrixMultiply.weightGradient(dys.tensor(columns: outputs), xs.tensor(columns: inputs), into: dws.base)
        let dx = Naive.timesTransposed(dy, Naive.transposed(w, inputs), outputs)
        let dw = Naive.timesTransposed(Naive.transposed(dy, outputs), Naive.transposed(x, inputs), rows)
        expectClose(dxs.doubles, zip(x, dx).map(+))
        expectClose(dws.doubles, zip(w, dw).map(+))
    }
}
