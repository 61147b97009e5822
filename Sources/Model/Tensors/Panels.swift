import CKernels

/// The right-hand matrix of a product, [inputs, outputs], as the kernel reads it: panels of some columns. A view; whoever makes
/// it keeps the memory alive.
package struct Panels {
    let base: UnsafePointer<Float>
    /// Floats from one panel to the next.
    let stride: Int
    package let outputs: Int
    package let inputs: Int
    package let format: MatrixFormat
    package let path: KernelPath

    /// Some of the outputs, from the first of a panel on.
    package func outputs(_ range: Range<Int>) -> Panels {
        precondition(range.lowerBound % path.panelWidth == 0, "not the first output of a panel")
        precondition(range.upperBound <= outputs, "no such outputs")
        return Panels(
            base: base + range.lowerBound / path.panelWidth * stride, stride: stride, outputs: range.count,
            inputs: inputs, format: format, path: path)
    }

    /// Some of the inputs: products with such parts, one after the other, add up to the bits of the product with all.
    package func inputs(_ range: Range<Int>) -> Panels {
        precondition(range.upperBound <= inputs, "no such inputs")
        return Panels(
            base: base + path.panelRows(range.lowerBound, format) * path.panelWidth, stride: stride, outputs: outputs,
            inputs: range.count, format: format, path: path)
    }
}

extension KernelPath {
    /// Outputs in one panel.
    package var panelWidth: Int { remit_panel_width(rawValue) }

    /// Floats' worth of memory in one panel.
    func panelCount(inputs: Int, _ format: MatrixFormat) -> Int {
        switch format {
        case .f32: panelWidth * inputs
        case .bf16: remit_bf16_panel_count(rawValue, inputs)
        }
    }

    /// Rows of memory that so many inputs take in a panel; of bf16 an even number of them, two to a row.
    func panelRows(_ inputs: Int, _ format: MatrixFormat) -> Int {
        switch format {
        case .f32: return inputs
        case .bf16:
            precondition(inputs % 2 == 0, "bf16 inputs go in pairs")
            return inputs / 2
        }
    }
}
