import CKernels

// What the products of a backward pass read, beside rows of gradients. Where our own kernel computes them (on AVX-512, and in
// bf16 everywhere) these are packed into panels; where OpenBLAS does, they stay as they are.

extension KernelPath {
    /// Whether gradients of matrices in `format` go through our kernel. In f32 without AVX-512, OpenBLAS is as fast or faster, on
    /// CPUs for which we have no kernel much faster.
    package func packsGradients(_ format: MatrixFormat) -> Bool { self >= .avx512 || format == .bf16 }
}

/// A weight matrix [outputs, inputs] for gradients of what it was applied to.
package final class GradientMatrix: Sendable {
    /// Rows of the weight matrix: features that it gives.
    package let outputs: Int
    /// Columns of the weight matrix: features that it is applied to.
    package let inputs: Int
    let format: MatrixFormat
    let path: KernelPath
    private let values: Values

    /// `@unchecked Sendable`: read by products, written by `pack` alone, which the owner calls between passes.
    private enum Values: @unchecked Sendable {
        case packed(TensorBuffer)
        case plain(UnsafePointer<Float>)
    }

    /// - Parameter matrix: where the values stand, [outputs, inputs], as long as this object lives.
    package init(
        _ matrix: UnsafePointer<Float>, outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath
    ) {
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        self.path = path
        guard path.packsGradients(format) else {
            values = .plain(matrix)
            return
        }
        let panels = (inputs + path.panelWidth - 1) / path.panelWidth
        values = .packed(TensorBuffer(count: panels * path.panelCount(inputs: outputs, format), zeroed: false))
    }

    /// Bytes of its own; 0 where it reads the matrix as it stands.
    package var byteCount: Int {
        if case .packed(let buffer) = values { buffer.byteCount } else { 0 }
    }

    /// Takes over the values of `matrix` [outputs, inputs].
    package func pack(_ matrix: UnsafePointer<Float>, workers: WorkerPool) {
        guard case .packed(let buffer) = values else { return }
        let rows = 256
        let stride = path.panelCount(inputs: outputs, format)
        workers.forEach((outputs + rows - 1) / rows) { piece in
            let first = piece * rows
            packRows(
                Tensor(
                    UnsafeMutablePointer(mutating: matrix) + first * inputs, rows: min(rows, outputs - first),
                    columns: inputs),
                at: first, into: buffer.baseAddress, stride: stride, format, path)
        }
    }

    /// dx [n, inputs] (+)= dy [n, range of outputs] * matrix. Cost: 2 n |range| inputs flops. OpenBLAS adds its blocks apart.
    package func product(
        _ dy: PreparedRows, outputs range: Range<Int>, into dx: Tensor, _ accumulation: MatrixMultiply.Accumulation
    ) {
        switch values {
        case .packed(let buffer):
            let all = Panels(
                baseAddress: buffer.baseAddress, stride: path.panelCount(inputs: outputs, format), outputs: inputs,
                inputs: outputs,
                format: format, path: path)
            MatrixMultiply.product(dy, all.inputs(range), into: dx, accumulation)
        case .plain(let matrix):
            precondition(dy.rows.columns == range.count && range.upperBound <= outputs, "shapes differ")
            MatrixMultiply.inputGradient(
                dy.rows, matrix + range.lowerBound * inputs, into: dx,
                accumulate: accumulation != .replacing)
        }
    }
}

/// What a weight matrix was applied to, rows [n, columns], for that matrix's gradient. A view of memory that the maker owns.
package struct GradientRows {
    /// n, the rows that the weight matrix was applied to.
    package let rows: Int
    /// Features of a row: the inputs of the weight matrix.
    package let columns: Int
    private let baseAddress: UnsafeMutablePointer<Float>
    private let format: MatrixFormat
    private let path: KernelPath

    /// Outputs whose gradient is one piece of work: with `rowsPerSum` rows at once, their gradients stay in a core's cache.
    package static let outputsPerPiece = 384
    /// Rows that are summed up at once; such sums are formed apart and then added, in the order of the rows.
    package static let rowsPerSum = 512

    /// - Parameter memory: at least `floatCount` floats.
    package init(
        _ memory: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ format: MatrixFormat, path: KernelPath
    ) {
        baseAddress = memory
        self.rows = rows
        self.columns = columns
        self.format = format
        self.path = path
    }

    /// Floats of memory that so many rows take, packed into panels or as they are.
    package static func floatCount(rows: Int, columns: Int, _ format: MatrixFormat, path: KernelPath) -> Int {
        guard path.packsGradients(format) else { return rows * columns }
        return (columns + path.panelWidth - 1) / path.panelWidth * path.panelCount(inputs: rows, format)
    }

    /// Floats of scratch that `addProduct` takes; 0 where OpenBLAS computes the product.
    package static func scratchCount(rows: Int, _ format: MatrixFormat, path: KernelPath) -> Int {
        guard path.packsGradients(format) else { return 0 }
        return PreparedRows.transposedCount(
            rows: outputsPerPiece, columns: min(rowsPerSum, rows), format, path: path)
    }

    /// A view of the same memory for fewer columns.
    package func narrowed(to columns: Int) -> GradientRows {
        precondition(columns <= self.columns, "no such columns")
        return GradientRows(baseAddress, rows: rows, columns: columns, format, path: path)
    }

    /// Takes over rows [first, first + x.rows); `first` is even.
    package func take(_ x: Tensor, at first: Int) {
        precondition(x.columns == columns && first + x.rows <= rows, "shapes differ")
        guard path.packsGradients(format) else {
            return Tensor(baseAddress, rows: rows, columns: columns)[first..<first + x.rows].copy(from: x)
        }
        packRows(x, at: first, into: baseAddress, stride: path.panelCount(inputs: rows, format), format, path)
    }

    /// dmatrix [outputs, columns] += dy^T [outputs, n] * rows, in blocks of the rows, in their order.
    ///
    /// - Parameter scratch: `scratchCount` floats.
    package func addProduct(
        _ dy: Tensor, into dmatrix: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        precondition(dy.rows == rows && dy.columns <= Self.outputsPerPiece, "shapes differ")
        guard path.packsGradients(format) else {
            return MatrixMultiply.weightGradient(dy, Tensor(baseAddress, rows: rows, columns: columns), into: dmatrix)
        }
        let all = Panels(
            baseAddress: baseAddress, stride: path.panelCount(inputs: rows, format), outputs: columns, inputs: rows,
            format: format,
            path: path)
        let sum = Tensor(dmatrix, rows: dy.columns, columns: columns)
        for first in stride(from: 0, to: rows, by: Self.rowsPerSum) {
            let part = first..<min(first + Self.rowsPerSum, rows)
            MatrixMultiply.product(
                PreparedRows(transposing: dy[part], format, scratch: scratch, path: path), all.inputs(part), into: sum,
                .apart)
        }
    }
}

/// Rows of a right-hand matrix, at their place in its panels.
private func packRows(
    _ rows: Tensor, at first: Int, into baseAddress: UnsafeMutablePointer<Float>, stride: Int, _ format: MatrixFormat,
    _ path: KernelPath
) {
    let target = baseAddress + path.panelRows(first, format) * path.panelWidth
    switch format {
    case .f32: remit_pack_rows(path.rawValue, rows.baseAddress, rows.stride, rows.columns, rows.rows, target, stride)
    case .bf16:
        remit_bf16_pack_rows(path.rawValue, rows.baseAddress, rows.stride, rows.columns, rows.rows, target, stride)
    }
}
