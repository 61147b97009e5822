import Tensors

/// Derivatives of the loss with respect to what the head gives for `plan.scoredRows`.
struct LossGradients {
    /// dLoss/dlog p
    let logProbs: [Float]
    /// dLoss/dlog Z, beside what reaches it through log p; empty where the loss does not read it.
    let logSumExps: [Float]
    /// A factor of softmax(logits / T), beside what the others give; nil where there is none.
    var tempered: TemperedLogitGradients?
    /// Replaces what the others give for the tokens that it names.
    var chosen: ChosenLogitGradients?
}

extension BackwardPass {
    /// One block of the vocabulary at a time, its logits kept or computed again; dx of the scored rows is set.
    func headBackward(_ gradients: LossGradients) {
        guard !plan.scoredRows.isEmpty else { return }
        workers.forEach(buffers.scoredBlocks.count) { (block: Int, worker: Int) in
            let scored = buffers.scoredBlocks[block]
            let rows = forward.finalRows(scored, into: buffers.finalRows(scored, worker).baseAddress)
            buffers.finalNormed.take(rows, at: scored.lowerBound)
        }
        buffers.dfinalNormed.fill(0)
        for columns in WorkPlan.blocks(of: BackwardBuffers.vocabularyBlock, in: architecture.vocabularySize) {
            vocabularyBackward(columns, gradients)
        }
        workers.forEach(buffers.scoredBlocks.count) { block in finalNormBackward(block) }
        addNormGradient(finalNorm, blocks: buffers.scoredBlocks.count)
    }

    private func vocabularyBackward(_ columns: Range<Int>, _ dhead: LossGradients) {
        let role: ParameterRole = architecture.isHeadTied ? .embedding : .head
        let offset = columns.lowerBound * architecture.width
        guard let matrix = matrices[role], let gradients = table.gradients(role) else {
            preconditionFailure("every model has a head")
        }
        let head = forward.head
        let kept = forward.buffers.logits?[0..<plan.scoredRows.count].columns(columns)
        let logits = kept ?? buffers.logits.columns(0..<columns.count)
        workers.forEach(buffers.scoredBlocks.count) { (block: Int, worker: Int) in
            let scored = buffers.scoredBlocks[block]
            if kept == nil {
                MatrixMultiply.product(
                    prepared(buffers.finalRows(scored, worker), worker),
                    forward.parameters.head.panels.outputs(columns), into: logits[scored])
            }
            plan.targets.withUnsafeBufferPointer { targets in
                dhead.logProbs.withUnsafeBufferPointer { logProbs in
                    dhead.logSumExps.withUnsafeBufferPointer { logSumExps in
                        guard let targets = targets.baseAddress, let logProbs = logProbs.baseAddress else { return }
                        TemperedLogitGradients.with(dhead.tempered, from: scored.lowerBound) { tempered in
                            head.logitGradients(
                                logits[scored], firstColumn: columns.lowerBound, targets: targets + scored.lowerBound,
                                logSumExp: forward.buffers.logSumExp + scored.lowerBound,
                                gradients: logProbs + scored.lowerBound,
                                logSumExpGradients: logSumExps.isEmpty
                                    ? nil : logSumExps.baseAddress.map { $0 + scored.lowerBound },
                                tempered: tempered, path: path)
                        }
                    }
                }
            }
            dhead.chosen?.write(logits[scored], rows: scored, columns: columns)
            matrix.product(
                prepared(logits[scored], worker), outputs: columns, into: buffers.dfinalNormed[scored],
                .apart)
        }
        let pieces = WorkPlan.blocks(of: GradientRows.outputsPerPiece, in: columns.count)
        workers.forEach(pieces.count) { (piece: Int, worker: Int) in
            buffers.finalNormed.addProduct(
                logits.columns(pieces[piece]),
                into: gradients + offset + pieces[piece].lowerBound * architecture.width,
                scratch: buffers.transposed(worker))
        }
    }

    /// The final norm; no branch is at work beside it.
    private var finalNorm: NormGradient {
        NormGradient(sums: .branchOutput, role: .finalNorm, columns: architecture.width)
    }

    private func finalNormBackward(_ block: Int) {
        let partial = normPartial(finalNorm, block: block)
        forward.temper(buffers.dfinalNormed[buffers.scoredBlocks[block]])
        for index in buffers.scoredBlocks[block] {
            let row = plan.scoredRows[index]..<plan.scoredRows[index] + 1
            architecture.norm.backward(
                forward.buffers.hidden[row], weight: table.values(.finalNorm),
                dy: buffers.dfinalNormed[index..<index + 1],
                into: buffers.dx[row], accumulate: false, dweight: partial, path: path)
        }
    }
}
