import CKernels

/// Log-probability of each row's target: projection onto the vocabulary, log-sum-exp and gather in one stream over vocabulary
/// panels, so that [T, V] is never held.
package struct Head: Sendable {
    /// Logits become cap * tanh(logit / cap).
    package let softCap: Float?

    package init(softCap: Float? = nil) { self.softCap = softCap }

    /// Floats of scratch for `rows` rows.
    package static func scratchCount(rows: Int, path: KernelPath) -> Int { rows * (path.panelWidth + 2) }

    /// Columns of kept logits.
    package static func keptColumns(_ vocabulary: Int, path: KernelPath) -> Int {
        (vocabulary + path.panelWidth - 1) / path.panelWidth * path.panelWidth
    }

    /// log p(target) = targetLogits - logSumExp, row by row. Cost: 2 rows D V flops.
    ///
    /// - Parameter keeping: where the logits stay, not yet soft-capped, [rows, V rounded up to whole panels]; f32 only.
    package func forward(
        _ x: PreparedRows, _ weights: PackedMatrix, targets: UnsafePointer<Int32>, keeping logits: Tensor? = nil,
        scratch: UnsafeMutablePointer<Float>, logSumExp: UnsafeMutablePointer<Float>,
        targetLogits: UnsafeMutablePointer<Float>
    ) {
        precondition(x.rows.columns == weights.inputs, "shapes differ")
        precondition((x.rounded == nil) == (weights.format == .f32), "formats differ")
        let (path, rows, packed) = (weights.path.rawValue, x.rows, weights.storage.base)
        precondition(logits.map { $0.columns == Head.keptColumns(weights.outputs, path: weights.path) } ?? true)
        if let rounded = x.rounded {
            precondition(logits == nil, "bf16 keeps no logits")
            remit_bf16_head_rows(
                path, rows.rows, weights.outputs, weights.inputs, rounded, packed, targets, softCap ?? 0, scratch,
                logSumExp, targetLogits)
        } else {
            remit_head_rows(
                path, rows.rows, weights.outputs, weights.inputs, rows.base, rows.stride, packed, targets, softCap ?? 0,
                logits?.base, logits?.stride ?? 0, scratch, logSumExp, targetLogits)
        }
    }

    /// Turns the logits of one vocabulary block, [rows, columns] from `firstColumn` on and not yet soft-capped, into
    /// dLoss/dlogit, where `gradients` are dLoss/dlog p and `logSumExpGradients`, if there are any, dLoss/dlog Z.
    package func logitGradients(
        _ logits: Tensor, firstColumn: Int, targets: UnsafePointer<Int32>, logSumExp: UnsafePointer<Float>,
        gradients: UnsafePointer<Float>, logSumExpGradients: UnsafePointer<Float>? = nil, path: KernelPath
    ) {
        remit_head_gradient(
            path.rawValue, logits.rows, logits.columns, firstColumn, logits.base, logits.stride, targets, logSumExp,
            gradients, logSumExpGradients, softCap ?? 0)
    }
}
