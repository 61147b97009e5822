import CKernels

/// A weight matrix [outputs, inputs] rearranged once for the forward kernel: panels of some columns of its transpose.
package final class PackedMatrix: Sendable {
    package let outputs: Int
    package let inputs: Int
    package let path: KernelPath
    let storage: TensorBuffer

    package init(outputs: Int, inputs: Int, path: KernelPath) {
        self.outputs = outputs
        self.inputs = inputs
        self.path = path
        storage = TensorBuffer(count: PackedMatrix.panels(outputs, path) * inputs * path.panelWidth, zeroed: false)
    }

    package var byteCount: Int { storage.byteCount }

    /// Takes over the values of `weights` [outputs, inputs].
    package func pack(_ weights: UnsafePointer<Float>, workers: WorkerPool) {
        let panels = PackedMatrix.panels(outputs, path)
        let perPiece = 16
        workers.forEach((panels + perPiece - 1) / perPiece) { piece in
            let first = piece * perPiece
            remit_pack_panels(
                path.rawValue, weights, inputs, outputs, inputs, first, min(first + perPiece, panels), storage.base)
        }
    }

    /// Copies row `index` as it was given to `pack`.
    package func unpackRow(_ index: Int, into row: UnsafeMutablePointer<Float>) {
        remit_unpack_row(path.rawValue, storage.base, inputs, index, row)
    }

    /// The panels that hold outputs from `first` on, which is a multiple of the panel width.
    func panels(from first: Int) -> UnsafePointer<Float> {
        precondition(first % path.panelWidth == 0, "not the first output of a panel")
        return UnsafePointer(storage.base + first * inputs)
    }

    private static func panels(_ outputs: Int, _ path: KernelPath) -> Int {
        (outputs + path.panelWidth - 1) / path.panelWidth
    }
}

extension KernelPath {
    /// Outputs in one panel.
    package var panelWidth: Int { remit_panel_width(rawValue) }
}
