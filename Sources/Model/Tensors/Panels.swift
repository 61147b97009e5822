import CKernels

/// The right-hand matrix of a product, [inputs, outputs], as the kernel reads it: panels of some columns. A view; whoever makes
/// it keeps the memory alive.
package struct Panels {
    let baseAddress: UnsafePointer<Float>
    /// Floats from one panel to the next.
    let stride: Int
    /// Columns of the matrix: what a product gives.
    package let outputs: Int
    /// Rows of the matrix: what a product sums over.
    package let inputs: Int
    /// How values are kept; the left-hand rows of a product must be prepared for the same format.
    package let format: MatrixFormat
    /// Instruction set that the panels are laid out for, and that products with them run on.
    package let path: KernelPath

    /// A view of some of the outputs, of which the first is the first of a panel.
    package func outputs(_ range: Range<Int>) -> Panels {
        precondition(range.lowerBound % path.panelWidth == 0, "not the first output of a panel")
        precondition(range.upperBound <= outputs, "no such outputs")
        return Panels(
            baseAddress: baseAddress + range.lowerBound / path.panelWidth * stride, stride: stride,
            outputs: range.count,
            inputs: inputs, format: format, path: path)
    }

    /// A view of some of the inputs: products with such parts, one after the other, add up to the bits of the product with all. In
    /// bf16 the first of them is even.
    package func inputs(_ range: Range<Int>) -> Panels {
        precondition(range.upperBound <= inputs, "no such inputs")
        return Panels(
            baseAddress: baseAddress + path.panelRows(range.lowerBound, format) * path.panelWidth, stride: stride,
            outputs: outputs,
            inputs: range.count, format: format, path: path)
    }
}

extension KernelPath {
    /// Outputs in one panel; the last panel is padded by zeros.
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
