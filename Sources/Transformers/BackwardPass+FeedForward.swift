import Tensors

extension BackwardPass {
    /// out = mid + norm(down(activation(gate(x), up(x)))), x = norm(mid)
    func feedForwardBackward(_ index: Int) {
        let (layer, own) = (architecture.layers[index], forward.buffers.layers[index])
        let all = 0..<plan.tokenIDs.count
        let (gates, ups) = (own.gate.rows(all, worker: 0), own.up.rows(all, worker: 0))
        let width = layer.feedForward.width
        let activated = Tensor(buffers.activated.base, rows: all.count, columns: width)
        workers.forEach(buffers.rowBlocks.count) { (block: Int, worker: Int) in
            let rows = buffers.rowBlocks[block]
            branchOutputBackward(
                rows, block, index, .feedForwardOutput, .feedForwardOutputNorm,
                own.fedForward.rows(rows, worker: worker))
            branchInput(rows, index, .feedForwardInput, .feedForwardInputNorm, own.middle)
            let (gate, up) = (gates[rows], ups[rows])
            layer.feedForward.activation.forward(gate: gate, up: up, into: activated[rows], path: path)

            let dactivated = buffers.dactivated(rows, width, worker)
            MatrixMultiply.inputGradient(
                buffers.dbranch[rows], layerValues(index, .down), into: dactivated, accumulate: false)
            layer.feedForward.activation.backward(gate: gate, up: up, dout: dactivated, path: path)
            let dnormed = buffers.dnormed(rows, worker)
            MatrixMultiply.inputGradient(gate, layerValues(index, .gate), into: dnormed, accumulate: false)
            MatrixMultiply.inputGradient(up, layerValues(index, .up), into: dnormed, accumulate: true)
            branchInputBackward(
                rows, block, index, .feedForwardInput, .feedForwardInputNorm, own.middle[rows], dnormed)
        }
        addBranchNormGradients(index, .feedForwardOutputNorm, .feedForwardInputNorm)
        let x = layer.norms.contains(.feedForwardInput) ? buffers.normed : own.middle
        addWeightGradients([
            layerGradient(index, .down, dy: buffers.dbranch, x: activated),
            layerGradient(index, .gate, dy: gates, x: x),
            layerGradient(index, .up, dy: ups, x: x),
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
