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

    /// Bytes of the panels, padding included.
    package var byteCount: Int { storage.byteCount }

    /// Bytes that the panels of a matrix of this shape will take, padding included.
    package static func byteCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        floatCount(outputs: outputs, inputs: inputs, format: format, path: path) * MemoryLayout<Float>.stride
    }

    private static func floatCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        (outputs + path.panelWidth - 1) / path.panelWidth * path.panelCount(inputs: inputs, format)
    }

    /// Takes over the values of `matrix` [outputs, inputs].
    package func pack(_ matrix: UnsafePointer<Float>, workers: WorkerPool) {
        let panels = (outputs + path.panelWidth - 1) / path.panelWidth
        let perPiece = 16
        workers.forEach((panels + perPiece - 1) / perPiece) { piece in
            let (first, last) = (piece * perPiece, min((piece + 1) * perPiece, panels))
            switch format {
            case .f32:
                remit_pack_panels(path.rawValue, matrix, inputs, outputs, inputs, first, last, storage.baseAddress)
            case .bf16:
                remit_bf16_pack_panels(path.rawValue, matrix, inputs, outputs, inputs, first, last, storage.baseAddress)
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
