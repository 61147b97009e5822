import CKernels

/// Log-probability of each row's target: projection onto the vocabulary, log-sum-exp and gather in one stream over vocabulary
/// panels, so that [T, V] is never held.
package struct Head: Sendable {
    /// Cap of the logits, which become cap * tanh(logit / cap); nil for none.
    package let softCap: Float?

    package init(softCap: Float? = nil) { self.softCap = softCap }

    /// Where the likeliest tokens of each row go, in falling order of their log-probs as they are rounded to f32; of equal ones the
    /// lower ids are chosen, and first.
    package struct Top {
        /// Tokens of each row, at most V.
        package let k: Int
        /// Ids of the likeliest tokens, written by `forward`. [rows, k]; -1 where fewer than k logits of a row are numbers above
        /// -infinity.
        package let tokenIDs: UnsafeMutablePointer<Int32>  // [rows, k]
        /// Natural log-probs of `tokenIDs`, written by `forward`. [rows, k]
        package let logProbs: UnsafeMutablePointer<Float>  // [rows, k]

        package init(k: Int, tokenIDs: UnsafeMutablePointer<Int32>, logProbs: UnsafeMutablePointer<Float>) {
            self.k = k
            self.tokenIDs = tokenIDs
            self.logProbs = logProbs
        }
    }

    /// Where entropy and normalizer of each row's distribution go, at some temperatures T.
    package struct Tempered {
        /// Number of temperatures, above 0.
        package let count: Int
        /// 1 / T of each. [count]
        package let inverses: UnsafePointer<Float>
        /// Scratch, two values for each row and temperature. [rows, count, 2]
        package let sums: UnsafeMutablePointer<Double>
        /// Log-sum-exp of the row's log-probs divided by T, written by `forward`. [rows, count]
        package let logSums: UnsafeMutablePointer<Float>  // [rows, count]
        /// Entropy of softmax(logits / T) in nats, at least 0, written by `forward`. [rows, count]
        package let entropies: UnsafeMutablePointer<Float>  // [rows, count]

        package init(
            count: Int, inverses: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>,
            logSums: UnsafeMutablePointer<Float>, entropies: UnsafeMutablePointer<Float>
        ) {
            self.count = count
            self.inverses = inverses
            self.sums = sums
            self.logSums = logSums
            self.entropies = entropies
        }
    }

    /// Where the logits of some tokens of each row go, all different, and the log-sum-exp of all others.
    package struct Chosen {
        /// Tokens of each row, at most V.
        package let k: Int
        /// Ids that `forward` reads, all different within a row but for -1, which is no token. [rows, k]
        package let tokenIDs: UnsafePointer<Int32>  // [rows, k]
        /// Logits of `tokenIDs`, soft-capped where the model says so, written by `forward`. [rows, k]
        package let logits: UnsafeMutablePointer<Float>  // [rows, k], soft-capped
        /// Log-sum-exp of the logits of all other tokens, divided by T, written by `forward`: -infinity where there is no other. [rows]
        package let rest: UnsafeMutablePointer<Float>  // [rows]
        /// 1 / T of `rest`; the logits are not divided.
        package let inverseTemperature: Float

        package init(
            k: Int, tokenIDs: UnsafePointer<Int32>, logits: UnsafeMutablePointer<Float>,
            rest: UnsafeMutablePointer<Float>, inverseTemperature: Float = 1
        ) {
            self.k = k
            self.tokenIDs = tokenIDs
            self.logits = logits
            self.rest = rest
            self.inverseTemperature = inverseTemperature
        }
    }

    /// A part of dLoss/dlogit that is a factor of each row times softmax(logits / T).
    package struct TemperedGradient {
        /// 1 / T.
        package let inverseTemperature: Float
        /// Log-sum-exp of logits / T. [rows]
        package let logSumExp: UnsafePointer<Float>
        /// Factor of softmax(logits / T). [rows]
        package let gradients: UnsafePointer<Float>

        package init(
            inverseTemperature: Float, logSumExp: UnsafePointer<Float>, gradients: UnsafePointer<Float>
        ) {
            self.inverseTemperature = inverseTemperature
            self.logSumExp = logSumExp
            self.gradients = gradients
        }
    }

    /// Floats of scratch that `forward` takes for so many rows; to be aligned to 8 bytes.
    package static func scratchCount(rows: Int, path: KernelPath) -> Int {
        rows * (path.panelWidth + Int(REMIT_HEAD_ROW_FLOATS))
    }

    /// Columns of a tensor that keeps logits: the vocabulary rounded up to whole panels.
    package static func keptColumns(_ vocabulary: Int, path: KernelPath) -> Int {
        (vocabulary + path.panelWidth - 1) / path.panelWidth * path.panelWidth
    }

    /// log p(target) = targetLogits - logSumExp, row by row. Cost: 2 rows D V flops.
    ///
    /// - Parameters:
    ///   - keeping: where the logits stay, not yet soft-capped, [rows, V rounded up to whole panels].
    ///   - top: where the likeliest tokens of each row go, k at most V. Costs little beside the product, which is computed once more
    ///     where different logits, rounded to the same log p, leave open which tokens are the last.
    ///   - tempered: where entropies and normalizers go. Cost: one exponential a logit and temperature.
    ///   - chosen: where the logits of chosen tokens go.
    package func forward(
        _ x: PreparedRows, _ matrix: PackedMatrix, targets: UnsafePointer<Int32>, keeping logits: Tensor? = nil,
        top: Top? = nil, tempered: Tempered? = nil, chosen: Chosen? = nil, scratch: UnsafeMutablePointer<Float>,
        logSumExp: UnsafeMutablePointer<Float>,
        targetLogits: UnsafeMutablePointer<Float>
    ) {
        precondition(x.rows.columns == matrix.inputs, "shapes differ")
        precondition((x.rounded == nil) == (matrix.format == .f32), "formats differ")
        let (path, rows, packed) = (matrix.path.rawValue, x.rows, matrix.storage.baseAddress)
        precondition(logits.map { $0.columns == Head.keptColumns(matrix.outputs, path: matrix.path) } ?? true)
        precondition(max(top?.k ?? 0, chosen?.k ?? 0) <= matrix.outputs, "no more tokens than there are")
        var more = remit_head_more(
            top: top?.k ?? 0, top_ids: top?.tokenIDs, top_log_probs: top?.logProbs, chosen: chosen?.k ?? 0,
            chosen_ids: chosen?.tokenIDs, chosen_logits: chosen?.logits, rest: chosen?.rest,
            inverse_temperature: chosen?.inverseTemperature ?? 1, temperatures: tempered?.count ?? 0,
            inverses: tempered?.inverses, sums: tempered?.sums, log_sums: tempered?.logSums,
            entropies: tempered?.entropies)
        withUnsafePointer(to: &more) { wanted in
            let more = top == nil && tempered == nil && chosen == nil ? nil : wanted
            if let rounded = x.rounded {
                remit_bf16_head_rows(
                    path, rows.rows, matrix.outputs, matrix.inputs, rounded, packed, targets, softCap ?? 0,
                    logits?.baseAddress, logits?.stride ?? 0, more, scratch, logSumExp, targetLogits)
            } else {
                remit_head_rows(
                    path, rows.rows, matrix.outputs, matrix.inputs, rows.baseAddress, rows.stride, packed, targets,
                    softCap ?? 0, logits?.baseAddress, logits?.stride ?? 0, more, scratch, logSumExp, targetLogits)
            }
        }
    }

    /// Turns the logits of one vocabulary block, [rows, columns] from `firstColumn` on and not yet soft-capped, into
    /// dLoss/dlogit, where `gradients` are dLoss/dlog p and `logSumExpGradients`, if there are any, dLoss/dlog Z; `tempered` adds its part.
    package func logitGradients(
        _ logits: Tensor, firstColumn: Int, targets: UnsafePointer<Int32>, logSumExp: UnsafePointer<Float>,
        gradients: UnsafePointer<Float>, logSumExpGradients: UnsafePointer<Float>? = nil,
        tempered: TemperedGradient? = nil, path: KernelPath
    ) {
        let softmax = tempered.map {
            remit_tempered_gradient(
                inverse_temperature: $0.inverseTemperature, log_sum_exp: $0.logSumExp, gradients: $0.gradients)
        }
        withUnsafePointer(to: softmax ?? remit_tempered_gradient()) { part in
            remit_head_gradient(
                path.rawValue, logits.rows, logits.columns, firstColumn, logits.baseAddress, logits.stride, targets,
                logSumExp, gradients, logSumExpGradients, softmax == nil ? nil : part, softCap ?? 0)
        }
    }
}
