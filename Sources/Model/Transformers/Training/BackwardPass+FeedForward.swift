import Tensors

extension BackwardPass {
    /// out = mid + norm(down(activation(gate(x), up(x)))), x = norm(mid)
    func feedForwardBackward(_ index: Int) {
        let (layer, own) = (architecture.layers[index], forward.buffers.layers[index])
        let all = 0..<plan.tokenIDs.count
        let (gates, ups) = (own.gate.rows(all, worker: 0), own.up.rows(all, worker: 0))
        let width = layer.feedForward.width
        let allActivated = buffers.activated.narrowed(to: width)
        workers.forEachPlace(index, buffers.rowBlocks) { place in
            let worker = place.worker
            branchOutputBackward(own.fedForward[place], .feedForwardOutput, place)
            takeBranchInput(own.middle[place], .feedForwardInput, place)
            let (gate, up) = (gates[place], ups[place])
            let activated = buffers.activatedRows.narrowed(to: width)[place]
            layer.feedForward.activation.forward(gate: gate, up: up, into: activated, path: path)
            allActivated.take(activated, at: place.rows.lowerBound)

            let dactivated = buffers.dactivated.narrowed(to: width)[place]
            inputGradient(prepared(buffers.dbranch[place], worker), index, .down, into: dactivated)
            layer.feedForward.activation.backward(gate: gate, up: up, dout: dactivated, path: path)
            let dnormed = buffers.dnormed[place]
            inputGradient(prepared(gate, worker), index, .gate, into: dnormed)
            inputGradient(prepared(up, worker), index, .up, into: dnormed, accumulate: true)
            branchInputBackward(own.middle[place], dnormed: dnormed, .feedForwardInput, place)
        }
        addBranchNormGradients(index, [.feedForwardOutput, .feedForwardInput])
        addMatrixGradients([
            layerGradient(index, .down, dy: buffers.dbranch, x: allActivated),
            layerGradient(index, .gate, dy: gates, x: buffers.inputs),
            layerGradient(index, .up, dy: ups, x: buffers.inputs),
        ])
    }

    /// Adds up what blocks of rows left for a branch's norms.
    func addBranchNormGradients(_ index: Int, _ positions: [NormPosition]) {
        for norm in positions.compactMap({ branchNorm($0, layer: index) }) {
            addNormGradient(norm, blocks: buffers.rowBlocks.count)
        }
    }
}
