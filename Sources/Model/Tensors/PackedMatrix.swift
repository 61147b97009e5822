import CKernels

/// How a packed matrix keeps its values, and with them how its products are computed.
package enum MatrixFormat: String, Sendable {
    case f32
    /// Weights and the rows they meet are rounded to bf16; sums are f32.
    case bf16
}

/// A weight matrix [outputs, inputs] rearranged once for the forward kernel: panels of some columns of its transpose.
package final class PackedMatrix: Sendable {
    /// Rows of the weight matrix: features that it gives.
    package let outputs: Int
    /// Columns of the weight matrix: features that it is applied to.
    package let inputs: Int
    /// How values are kept: in bf16 rounded, in half the memory.
    package let format: MatrixFormat
    /// Instruction set that the panels are laid out for; products run on it.
    package let path: KernelPath
    let storage: TensorBuffer

    /// Memory for a matrix whose values `pack` brings; until then they are undefined.
    package init(outputs: Int, inputs: Int, format: MatrixFormat = .f32, path: KernelPath) {
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        self.path = path
        storage = TensorBuffer(
            count: Self.floatCount(outputs: outputs, inputs: inputs, format: format, path: path), zeroed: false)
    }

    /// A matrix whose panels lie in memory already, `byteCount` bytes of them.
    package init(
        outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath, viewing panels: TensorBuffer
    ) {
        precondition(
            panels.count == Self.floatCount(outputs: outputs, inputs: inputs, format: format, path: path),
            "panels of another matrix")
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        self.path = path
        storage = panels
    }

    /// A view of the last outputs, in whole panels: at least `count` of them, or all. Its memory is this matrix's.
    package func lastOutputs(_ count: Int) -> PackedMatrix {
        let step = 16 * path.panelWidth  // so many panels keep the alignment to 64 bytes
        let first = max(outputs - count, 0) / step * step
        let skipped = first / path.panelWidth * path.panelCount(inputs: inputs, format)
        return PackedMatrix(
            outputs: outputs - first, inputs: inputs, format: format, path: path,
            viewing: TensorBuffer(
                viewing: storage.baseAddress + skipped, count: storage.count - skipped, keeping: storage))
    }

    /// Hands the panels' bytes to `body`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafeRawBufferPointer(storage.values)) }
    }

    /// Bytes of the panels, padding included.
    package var byteCount: Int { storage.byteCount }

    /// Bytes that the panels of a matrix of this shape will take, padding included.
    package static func byteCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        floatCount(outputs: outputs, inputs: inputs, format: format, path: path) * MemoryLayout<Float>.stride
    }

    private static func floatCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        (outputs + path.panelWidth - 1) / path.panelWidth * path.panelCount(inputs: inputs, format)
    }

    /// Takes over the values of some rows of the matrix, [count, inputs].
    ///
    /// - Parameters:
    ///   - first: number of the first row, that of a panel's first.
    ///   - count: nil: all of the matrix's. Whole panels, but at the end of the matrix.
    package func pack(_ rows: UnsafePointer<Float>, first: Int = 0, count: Int? = nil, workers: WorkerPool) {
        let count = count ?? outputs
        precondition(first % path.panelWidth == 0 && first + count <= outputs, "whole panels of the matrix")
        let panels = (count + path.panelWidth - 1) / path.panelWidth
        let target = storage.baseAddress + first / path.panelWidth * path.panelCount(inputs: inputs, format)
        let perPiece = 16
        workers.forEach((panels + perPiece - 1) / perPiece) { piece in
            let (begin, end) = (piece * perPiece, min((piece + 1) * perPiece, panels))
            switch format {
            case .f32:
                remit_pack_panels(path.rawValue, rows, inputs, count, inputs, begin, end, target)
            case .bf16:
                remit_bf16_pack_panels(path.rawValue, rows, inputs, count, inputs, begin, end, target)
            }
        }
    }

    /// Copies row `index`, [inputs], as it is kept: in bf16 the rounded values.
    package func unpackRow(_ index: Int, into row: UnsafeMutablePointer<Float>) {
        switch format {
        case .f32: remit_unpack_row(path.rawValue, storage.baseAddress, inputs, index, row)
        case .bf16: remit_bf16_unpack_row(path.rawValue, storage.baseAddress, inputs, index, row)
        }
    }

    /// The matrix as the right-hand side of a product. A view: it does not keep the matrix alive.
    package var panels: Panels {
        Panels(
            baseAddress: UnsafePointer(storage.baseAddress), stride: path.panelCount(inputs: inputs, format),
            outputs: outputs,
            inputs: inputs, format: format, path: path)
    }
}
