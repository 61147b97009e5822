import Checkpoints
import Tensors

/// What a model proved of its own kernels when it was loaded.
package struct SelfCheckReport: Sendable, Equatable {
    /// Name of the kernels that were checked.
    package let kernelPath: String
    /// Distinct shapes of weight matrices, the head's among them.
    package let weightShapes: Int
    /// Rows computed within blocks and compared with the same row alone.
    package let rowsCompared: Int
    /// Wall-clock time of the check.
    package let duration: Duration

    package init(kernelPath: String, weightShapes: Int, rowsCompared: Int, duration: Duration) {
        self.kernelPath = kernelPath
        self.weightShapes = weightShapes
        self.rowsCompared = rowsCompared
        self.duration = duration
    }
}

extension FrozenTransformer {
    /// Reads a checkpoint and runs `checkRows`: for whoever compares or trains on its log-probs.
    package convenience init(
        selfChecked checkpoint: Checkpoint, precision: Precision = .f32, workers: WorkerPool
    ) throws {
        try self.init(checkpoint: checkpoint, precision: precision, workers: workers)
        _ = try checkRows()
    }

    /// Computes one row at every place of a block, for each shape of matrices and for the last outputs of the head, and compares it with
    /// the row alone, bit for bit: what the promise of equal scores in any batch rests on, on this CPU.
    ///
    /// - Throws: `TransformerError.rowsDependOnTheirPlace`.
    package func checkRows() throws -> SelfCheckReport {
        let start = ContinuousClock.now
        let checks = matrixChecks() + [("head", headCheck())]
        var found = [RowInvarianceCheck.Difference?](repeating: nil, count: checks.count)
        found.withUnsafeMutableBufferPointer { found in
            // The most expensive, the head, is begun first.
            workers.forEach(checks.count) {
                found[checks.count - 1 - $0] = checks[checks.count - 1 - $0].1.firstDifference()
            }
        }
        for ((name, _), difference) in zip(checks, found) {
            guard let difference else { continue }
            throw TransformerError.rowsDependOnTheirPlace(
                matrix: name, kernelPath: kernelPath, blockRows: difference.blockRows, place: difference.place)
        }
        return SelfCheckReport(
            kernelPath: kernelPath, weightShapes: checks.count,
            rowsCompared: checks.reduce(0) { $0 + $1.1.rowCount }, duration: .now - start)
    }

    /// One for each shape that a layer's matrices have.
    private func matrixChecks() -> [(String, RowInvarianceCheck)] {
        var seen: Set<[Int]> = []
        return parameters.values.layers.flatMap { layer in layer.matrices.compactMap { $0 } }.compactMap { matrix in
            guard seen.insert([matrix.outputs, matrix.inputs]).inserted else { return nil }
            let path = workers.path
            let scratch = TensorBuffer(
                count: PreparedRows.scratchCount(
                    rows: WorkPlan.maxRowsPerBlock, columns: matrix.inputs, matrix.format, path: path))
            let check = RowInvarianceCheck(
                inputs: matrix.inputs, outputs: matrix.outputs, blockRows: WorkPlan.maxRowsPerBlock
            ) { rows, results in
                MatrixMultiply.forward(
                    PreparedRows(rows, matrix.format, scratch: scratch.baseAddress, path: path), matrix, into: results)
            }
            return ("[\(matrix.outputs), \(matrix.inputs)]", check)
        }
    }

    /// Outputs of the head that are checked: the others go through the same panels, and with a large vocabulary their products alone
    /// would take longer than all else that a start needs.
    private static let headOutputs = 8192

    /// Results are the log-sum-exp over the last outputs and the logit of a target among them.
    private func headCheck() -> RowInvarianceCheck {
        let head = parameters.values.head.lastOutputs(Self.headOutputs)
        let (path, most) = (workers.path, WorkPlan.rowsPerHeadBlock)
        let rounding = TensorBuffer(
            count: PreparedRows.scratchCount(rows: most, columns: head.inputs, head.format, path: path))
        let scratch = TensorBuffer(count: Head.scratchCount(rows: most, path: path))
        let results = TensorBuffer(count: 2 * most)
        let targets = [Int32](repeating: Int32(head.outputs * 5 / 7), count: most)
        return RowInvarianceCheck(inputs: head.inputs, outputs: 2, blockRows: most) { rows, pairs in
            targets.withUnsafeBufferPointer { targets in
                guard let targets = targets.baseAddress else { return }
                Head().forward(
                    PreparedRows(rows, head.format, scratch: rounding.baseAddress, path: path), head, targets: targets,
                    scratch: scratch.baseAddress, logSumExp: results.baseAddress,
                    targetLogits: results.baseAddress + most)
            }
            for row in 0..<rows.rows {
                pairs.row(row)[0] = results.baseAddress[row]
                pairs.row(row)[1] = results.baseAddress[most + row]
            }
        }
    }
}
