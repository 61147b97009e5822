import CKernels

/// The left-hand rows of a product as it takes them: as they are, or rounded once for several products.
package struct PreparedRows {
    let rows: Tensor  // where they are rounded, of their shape alone
    let rounded: UnsafeRawPointer?  // nil: f32

    /// Rows as they are, for a product in f32; they must outlive this value.
    package static func plain(_ rows: Tensor) -> PreparedRows { PreparedRows(rows: rows, rounded: nil) }

    private init(rows: Tensor, rounded: UnsafeRawPointer?) {
        self.rows = rows
        self.rounded = rounded
    }

    /// Rows for a product in `format`: as they are in f32, rounded into `scratch` in bf16.
    ///
    /// - Parameter scratch: at least `scratchCount` floats, in use as long as this value is.
    package init(_ rows: Tensor, _ format: MatrixFormat, scratch: UnsafeMutablePointer<Float>, path: KernelPath) {
        self.rows = rows
        switch format {
        case .f32: rounded = nil
        case .bf16:
            remit_bf16_round_rows(path.rawValue, rows.rows, rows.columns, rows.baseAddress, rows.stride, scratch)
            rounded = UnsafeRawPointer(scratch)
        }
    }

    /// Rows that are the columns of `tensor`, copied into `scratch` and in bf16 rounded there.
    ///
    /// - Parameter scratch: at least `transposedCount` floats, in use as long as this value is.
    package init(
        transposing tensor: Tensor, _ format: MatrixFormat, scratch: UnsafeMutablePointer<Float>, path: KernelPath
    ) {
        rows = Tensor(scratch, rows: tensor.columns, columns: tensor.rows)
        switch format {
        case .f32:
            remit_transpose_rows(path.rawValue, rows.rows, rows.columns, tensor.baseAddress, tensor.stride, scratch)
            rounded = nil
        case .bf16:
            remit_bf16_transpose_rows(
                path.rawValue, rows.rows, rows.columns, tensor.baseAddress, tensor.stride, scratch)
            rounded = UnsafeRawPointer(scratch)
        }
    }

    /// Floats of scratch that rows of this shape take to be prepared; 0 in f32.
    package static func scratchCount(rows: Int, columns: Int, _ format: MatrixFormat, path: KernelPath) -> Int {
        switch format {
        case .f32: 0
        case .bf16: rows * remit_bf16_rounded_count(path.rawValue, columns)
        }
    }

    /// Floats of scratch that the columns of a tensor take to be prepared as rows.
    ///
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
    /// Rounds each value to the nearest bf16, ties to even, in place.
    package func roundToBF16(path: KernelPath) {
        for index in 0..<rows { remit_bf16_round(path.rawValue, columns, row(index)) }
    }
}
