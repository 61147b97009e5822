import Tensors

extension BackwardPass {
    /// out = mid + norm(down(activation(gate(x), up(x)))), x = norm(mid)
    func feedForwardBackward(_ index: Int) {
        let (layer, own) = (architecture.layers[index], forward.buffers.layers[index])
        let all = 0..<plan.tokenIDs.count
        let (gates, ups) = (own.gate.rows(all, worker: 0), own.up.rows(all, worker: 0))
        let width = layer.feedForward.width
        let allActivated = buffers.activated.narrowed(to: width)
        workers.forEach(buffers.rowBlocks.count) { (block: Int, worker: Int) in
            let rows = buffers.rowBlocks[block]
            branchOutputBackward(
                rows, block, index, .feedForwardOutput, .feedForwardOutputNorm,
                own.fedForward.rows(rows, worker: worker))
            takeBranchInput(rows, worker, index, .feedForwardInput, .feedForwardInputNorm, own.middle)
            let (gate, up) = (gates[rows], ups[rows])
            let activated = buffers.activatedRows(rows, width, worker)
            layer.feedForward.activation.forward(gate: gate, up: up, into: activated, path: path)
            allActivated.take(activated, at: rows.lowerBound)

            let dactivated = buffers.dactivated(rows, width, worker)
            inputGradient(prepared(buffers.dbranch[rows], worker), index, .down, into: dactivated)
            layer.feedForward.activation.backward(gate: gate, up: up, dout: dactivated, path: path)
            let dnormed = buffers.dnormed(rows, worker)
            inputGradient(prepared(gate, worker), index, .gate, into: dnormed)
            inputGradient(prepared(up, worker), index, .up, into: dnormed, accumulate: true)
            branchInputBackward(
                rows, block, index, .feedForwardInput, .feedForwardInputNorm, own.middle[rows], dnormed)
        }
        addBranchNormGradients(index, .feedForwardOutputNorm, .feedForwardInputNorm)
        addWeightGradients([
            layerGradient(index, .down, dy: buffers.dbranch, x: allActivated),
            layerGradient(index, .gate, dy: gates, x: buffers.inputs),
            layerGradient(index, .up, dy: ups, x: buffers.inputs),
        ])
    }

    /// Adds up what blocks of rows left for a branch's norms.
    func addBranchNormGradients(_ index: Int, _ output: LayerParameter, _ input: LayerParameter) {
        let blocks = buffers.rowBlocks.count
        let norms = architecture.layers[index].norms
        let outputPosition: NormPosition = output == .attentionOutputNorm ? .attentionOutput : .feedForwardOutput
        if norms.contains(outputPosition) {
            addNormGradient(0, .layer(index, output), architecture.width, blocks: blocks)
        }
        let inputPosition: NormPosition = input == .attentionInputNorm ? .attentionInput : .feedForwardInput
        if norms.contains(inputPosition) {
            addNormGradient(1, .layer(index, input), architecture.width, blocks: blocks)
        }
    }
}
