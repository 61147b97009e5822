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
        packed.pack(ws.baseAddress, workers: WorkerPool(threads: 2, path: path))
        MatrixMultiply.product(.plain(xs.tensor(columns: inputs)), packed.panels, into: ys.tensor(columns: outputs))
        let expected = Naive.timesTransposed(x, w, inputs)
        expectClose(ys.doubles, expected)

        let unpacked = TensorBuffer(count: inputs)
        packed.unpackRow(outputs - 1, into: unpacked.baseAddress)
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
        packed.pack(ws.baseAddress, workers: WorkerPool(threads: 1, path: path))
        func product(rows: Int, place: Int) -> [UInt32] {
            let xs = TensorBuffer(random.values(place * inputs) + row + random.values((rows - place - 1) * inputs))
            let ys = TensorBuffer(count: rows * outputs)
            MatrixMultiply.product(
                .plain(xs.tensor(columns: inputs)), packed.panels, into: ys.tensor(columns: outputs))
            return (0..<outputs).map { ys.baseAddress[place * outputs + $0].bitPattern }
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
        packed.pack(ws.baseAddress, workers: WorkerPool(threads: 1, path: path))
        func product(_ x: [Double]) -> TensorBuffer {
            let (xs, rows) = (TensorBuffer(x), x.count / inputs)
            let ys = TensorBuffer(count: rows * outputs)
            let scratch = TensorBuffer(
                count: PreparedRows.scratchCount(rows: rows, columns: inputs, .bf16, path: path))
            let prepared = PreparedRows(xs.tensor(columns: inputs), .bf16, scratch: scratch.baseAddress, path: path)
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
        packed.unpackRow(0, into: unpacked.baseAddress)
        let isKept = unpacked.doubles == w.prefix(inputs).map(roundedToBF16)
        #expect(isKept)
    }

    /// A view of the last outputs has the bits that the whole has there, its end included; it may outlive the whole.
    @Test(arguments: paths, [MatrixFormat.f32, .bf16])
    func lastOutputs(_ path: KernelPath, _ format: MatrixFormat) {
        let (inputs, outputs) = (7, 1501)
        var random = SeededRandom(37)
        let (row, w) = (random.values(inputs), random.values(outputs * inputs))
        let (ws, x) = (TensorBuffer(w), TensorBuffer(row))
        func product(_ matrix: PackedMatrix) -> [UInt32] {
            let y = TensorBuffer(count: matrix.outputs)
            let scratch = TensorBuffer(
                count: PreparedRows.scratchCount(rows: 1, columns: inputs, format, path: path))
            let prepared = PreparedRows(x.tensor(columns: inputs), format, scratch: scratch.baseAddress, path: path)
            MatrixMultiply.forward(prepared, matrix, into: y.tensor(columns: matrix.outputs))
            return y.bits
        }
        func views() -> (all: [UInt32], of: [PackedMatrix]) {
            let whole = PackedMatrix(outputs: outputs, inputs: inputs, format: format, path: path)
            whole.pack(ws.baseAddress, workers: WorkerPool(threads: 1, path: path))
            return (product(whole), [1, 100, 700, outputs - 1, outputs, 5000].map(whole.lastOutputs))
        }
        let (all, views) = views()
        #expect(views[0].outputs < outputs && views[5].outputs == outputs)
        for (least, view) in zip([1, 100, 700], views) { #expect(view.outputs >= least) }
        for view in views {
            let isSame = product(view) == Array(all.suffix(view.outputs))
            #expect(isSame, "\(view.outputs) outputs")
        }
    }

    struct GradientCase: Sendable, CustomTestStringConvertible {
        let path: KernelPath
        let format: MatrixFormat
        var testDescription: String { "\(path), \(format)" }

        static let all = KernelPath.supported.flatMap { path in
            [MatrixFormat.f32, .bf16].map { GradientCase(path: path, format: $0) }
        }
        func rounded(_ values: [Double]) -> [Double] { format == .f32 ? values : values.map(roundedToBF16) }
    }

    /// Through our kernel or OpenBLAS, whichever the path uses.
    @Test(arguments: GradientCase.all, shapes)
    func inputGradients(_ given: GradientCase, _ shape: (Int, Int, Int)) {
        let (rows, outputs, inputs) = shape
        var random = SeededRandom(17)
        let (x, w, dy) = (random.values(rows * inputs), random.values(outputs * inputs), random.values(rows * outputs))
        let (ws, dys) = (TensorBuffer(w), TensorBuffer(dy))
        MatrixMultiply.useCallingThreadOnly()
        let matrix = GradientMatrix(
            ws.baseAddress, outputs: outputs, inputs: inputs, format: given.format, path: given.path)
        matrix.pack(ws.baseAddress, workers: WorkerPool(threads: 2, path: given.path))
        let scratch = TensorBuffer(
            count: PreparedRows.scratchCount(rows: rows, columns: outputs, given.format, path: given.path))
        func gradient(in parts: [Range<Int>]) -> TensorBuffer {
            let dxs = TensorBuffer(x)
            for part in parts {
                let prepared = PreparedRows(
                    dys.tensor(columns: outputs).columns(part), given.format, scratch: scratch.baseAddress,
                    path: given.path)
                matrix.product(prepared, outputs: part, into: dxs.tensor(columns: inputs), .continuing)
            }
            return dxs
        }
        let whole = gradient(in: [0..<outputs])
        let (dy16, w16) = (given.rounded(dy), given.rounded(w))
        let dx = Naive.timesTransposed(dy16, Naive.transposed(w16, inputs), outputs)
        expectClose(whole.doubles, zip(x, dx).map(+), "\(given)")
        guard given.path.packsGradients(given.format), outputs > 64 else { return }
        let isSame = gradient(in: [0..<64, 64..<outputs]).bits == whole.bits
        #expect(isSame, "in parts")
        withExtendedLifetime((ws, dys, scratch)) {}
    }

    @Test(arguments: GradientCase.all, shapes + [(1100, 70, 33)])
    func weightGradients(_ given: GradientCase, _ shape: (Int, Int, Int)) {
        let (rows, outputs, inputs) = shape
        var random = SeededRandom(17)
        let (x, w, dy) = (random.values(rows * inputs), random.values(outputs * inputs), random.values(rows * outputs))
        let (xs, dys, dws) = (TensorBuffer(x), TensorBuffer(dy), TensorBuffer(w))
        MatrixMultiply.useCallingThreadOnly()
        let memory = TensorBuffer(
            count: GradientRows.floatCount(rows: rows, columns: inputs, given.format, path: given.path))
        let operand = GradientRows(memory.baseAddress, rows: rows, columns: inputs, given.format, path: given.path)
        let cut = rows / 2 / 2 * 2
        for part in [0..<cut, cut..<rows] where !part.isEmpty {
            operand.take(xs.tensor(columns: inputs)[part], at: part.lowerBound)
        }
        let scratch = TensorBuffer(
            count: GradientRows.scratchCount(rows: rows, given.format, path: given.path))
        operand.addProduct(dys.tensor(columns: outputs), into: dws.baseAddress, scratch: scratch.baseAddress)
        let (dy16, x16) = (given.rounded(dy), given.rounded(x))
        let dw = Naive.timesTransposed(Naive.transposed(dy16, outputs), Naive.transposed(x16, inputs), rows)
        expectClose(dws.doubles, zip(w, dw).map(+), "\(given)")
        withExtendedLifetime((xs, dys, memory, scratch)) {}
    }
}
