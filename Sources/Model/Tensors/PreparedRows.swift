import CKernels

/// The left-hand rows of a product as it takes them: as they are, or rounded once for several products.
package struct PreparedRows {
    let rows: Tensor  // where they are rounded, of their shape alone
    let rounded: UnsafeRawPointer?  // nil: f32

    /// As they are, in f32.
    package static func plain(_ rows: Tensor) -> PreparedRows { PreparedRows(rows: rows, rounded: nil) }

    private init(rows: Tensor, rounded: UnsafeRawPointer?) {
        self.rows = rows
        self.rounded = rounded
    }

    /// - Parameter scratch: at least `scratchCount` floats, in use as long as this value is.
    package init(_ rows: Tensor, _ format: MatrixFormat, scratch: UnsafeMutablePointer<Float>, path: KernelPath) {
        self.rows = rows
        switch format {
        case .f32: rounded = nil
        case .bf16:
            remit_bf16_round_rows(path.rawValue, rows.rows, rows.columns, rows.base, rows.stride, scratch)
            rounded = UnsafeRawPointer(scratch)
        }
    }

    /// The columns of `tensor` as rows.
    ///
    /// - Parameter scratch: at least `transposedCount` floats, in use as long as this value is.
    package init(
        transposing tensor: Tensor, _ format: MatrixFormat, scratch: UnsafeMutablePointer<Float>, path: KernelPath
    ) {
        rows = Tensor(scratch, rows: tensor.columns, columns: tensor.rows)
        switch format {
        case .f32:
            remit_transpose_rows(path.rawValue, rows.rows, rows.columns, tensor.base, tensor.stride, scratch)
            rounded = nil
        case .bf16:
            remit_bf16_transpose_rows(path.rawValue, rows.rows, rows.columns, tensor.base, tensor.stride, scratch)
            rounded = UnsafeRawPointer(scratch)
        }
    }

    package static func scratchCount(rows: Int, columns: Int, _ format: MatrixFormat, path: KernelPath) -> Int {
        switch format {
        case .f32: 0
        case .bf16: rows * remit_bf16_rounded_count(path.rawValue, columns)
        }
    }

    /// - Parameters:
    ///   - rows: columns of the tensor.
    ///   - columns: its rows.
    package static func transposedCount(rows: Int, columns: Int, _ format: MatrixFormat, path: KernelPath) -> Int {
        switch format {
        case .f32: rows * columns
        case .bf16: rows * remit_bf16_rounded_count(path.rawValue, columns)
        }
    }
}

extension KernelPath {
    /// Whether attention in `format` rounds its inputs: where pairs are multiplied in bf16.
    package func roundsAttention(_ format: MatrixFormat) -> Bool {
        format == .bf16 && self == .avx512bf16
    }
}

extension Tensor {
    /// Rounds each value to bf16.
    package func roundToBF16(path: KernelPath) {
        for index in 0..<rows { remit_bf16_round(path.rawValue, columns, row(index)) }
    }
}
