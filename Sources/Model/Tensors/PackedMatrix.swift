import CKernels

/// How a packed matrix keeps its values, and with them how its products are computed.
package enum MatrixFormat: String, Sendable {
    case f32
    /// Weights and the rows they meet are rounded to bf16; sums are f32.
    case bf16
}

/// A weight matrix [outputs, inputs] rearranged once for the forward kernel: panels of some columns of its transpose.
package final class PackedMatrix: Sendable {
    package let outputs: Int
    package let inputs: Int
    package let format: MatrixFormat
    package let path: KernelPath
    let storage: TensorBuffer

    package init(outputs: Int, inputs: Int, format: MatrixFormat = .f32, path: KernelPath) {
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        self.path = path
        storage = TensorBuffer(
            count: Self.floatCount(outputs: outputs, inputs: inputs, format: format, path: path), zeroed: false)
    }

    package var byteCount: Int { storage.byteCount }

    /// What a matrix of that shape will take.
    package static func byteCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        floatCount(outputs: outputs, inputs: inputs, format: format, path: path) * MemoryLayout<Float>.stride
    }

    private static func floatCount(outputs: Int, inputs: Int, format: MatrixFormat, path: KernelPath) -> Int {
        (outputs + path.panelWidth - 1) / path.panelWidth * path.panelCount(inputs: inputs, format)
    }

    /// Takes over the values of `weights` [outputs, inputs].
    package func pack(_ weights: UnsafePointer<Float>, workers: WorkerPool) {
        let panels = (outputs + path.panelWidth - 1) / path.panelWidth
        let perPiece = 16
        workers.forEach((panels + perPiece - 1) / perPiece) { piece in
            let (first, last) = (piece * perPiece, min((piece + 1) * perPiece, panels))
            switch format {
            case .f32:
                remit_pack_panels(path.rawValue, weights, inputs, outputs, inputs, first, last, storage.base)
            case .bf16:
                remit_bf16_pack_panels(path.rawValue, weights, inputs, outputs, inputs, first, last, storage.base)
            }
        }
    }

    /// Copies row `index` as it is kept.
    package func unpackRow(_ index: Int, into row: UnsafeMutablePointer<Float>) {
        switch format {
        case .f32: remit_unpack_row(path.rawValue, storage.base, inputs, index, row)
        case .bf16: remit_bf16_unpack_row(path.rawValue, storage.base, inputs, index, row)
        }
    }

    package var panels: Panels {
        Panels(
            base: UnsafePointer(storage.base), stride: path.panelCount(inputs: inputs, format), outputs: outputs,
            inputs: inputs, format: format, path: path)
    }
}
