import Tensors

extension BackwardPass {
    /// mid = x + norm(output(attention(heads(norm(x)))))
    func attentionBackward(_ index: Int) {
        let own = forward.buffers.layers[index]
        let attention = architecture.layers[index].attention
        let grads = HeadGradients(buffers, attention, rows: plan.tokenIDs.count)
        let attended = buffers.attended.narrowed(to: attention.outputColumns)
        workers.forEach(buffers.rowBlocks.count) { (block: Int, worker: Int) in
            let rows = buffers.rowBlocks[block]
            branchOutputBackward(
                rows, block, index, .attentionOutput, .attentionOutputNorm, own.projected.rows(rows, worker: worker))
            inputGradient(prepared(buffers.dbranch[rows], worker), index, .output, into: grads.attended[rows])
        }
        attendBackward(index, grads)
        workers.forEach(buffers.rowBlocks.count) { (block: Int, worker: Int) in
            let rows = buffers.rowBlocks[block]
            addQueryParts(rows, grads)
            headsBackward(rows, block, index, grads)
            takeBranchInput(rows, worker, index, .attentionInput, .attentionInputNorm, own.input)
            attended.take(own.attended[rows], at: rows.lowerBound)
            let dnormed = buffers.dnormed(rows, worker)
            if let latent = attention.latent {
                latentBackward(rows, block, worker, index, latent, grads, into: dnormed)
            } else {
                projectionBackward(rows, worker, index, grads, into: dnormed)
            }
            branchInputBackward(rows, block, index, .attentionInput, .attentionInputNorm, own.input[rows], dnormed)
        }
        addBranchNormGradients(index, .attentionOutputNorm, .attentionInputNorm)
        addHeadNormGradients(index, attention)
        let x = buffers.inputs
        let output = layerGradient(index, .output, dy: buffers.dbranch, x: attended)
        if let latent = attention.latent {
            addLatentNormGradients(index, latent)
            return addWeightGradients([output] + latentGradients(index, latent, grads, x: x))
        }
        addWeightGradients([
            output,
            layerGradient(index, .query, dy: grads.queries, x: x),
            layerGradient(index, .key, dy: grads.keys, x: x),
            layerGradient(index, .value, dy: grads.values, x: x),
        ])
    }

    private func projectionBackward(
        _ rows: Range<Int>, _ worker: Int, _ index: Int, _ grads: HeadGradients, into dnormed: Tensor
    ) {
        inputGradient(prepared(grads.queries[rows], worker), index, .query, into: dnormed)
        inputGradient(prepared(grads.keys[rows], worker), index, .key, into: dnormed, accumulate: true)
        inputGradient(prepared(grads.values[rows], worker), index, .value, into: dnormed, accumulate: true)
    }

    /// Gradients of what attention read and gave, cut to the layer's widths.
    struct HeadGradients {
        let attended, queries, keys, values: Tensor

        init(_ buffers: BackwardBuffers, _ attention: AttentionArchitecture, rows: Int) {
            attended = Tensor(buffers.dattended.base, rows: rows, columns: attention.outputColumns)
            queries = Tensor(buffers.dqueries.base, rows: rows, columns: attention.queryColumns)
            keys = Tensor(buffers.dkeys.base, rows: rows, columns: attention.keyColumns)
            values = Tensor(buffers.dvalues.base, rows: rows, columns: attention.valueColumns)
        }
    }

    /// Each part of a segment's keys and each key/value head is one piece, so that a key's gradient has one writer. The first
    /// part's gradient of the queries goes where it belongs, the others' beside it until `addQueryParts`.
    private func attendBackward(_ index: Int, _ grads: HeadGradients) {
        let (attention, own) = (architecture.layers[index].attention, forward.buffers.layers[index])
        guard let logSumExp = own.logSumExp else { preconditionFailure("the forward pass kept nothing") }
        let perGroup = attention.headsPerGroup
        workers.forEach(buffers.keyParts.count * attention.keyValueHeads) { (item: Int, worker: Int) in
            let (number, head) = item.quotientAndRemainder(dividingBy: attention.keyValueHeads)
            let part = buffers.keyParts[number]
            let rows = part.segment
            let saved = Attention.Saved(
                queries: own.queries[rows].head(head, perGroup * attention.queryKeyWidth),
                keys: own.keys[rows].head(head, attention.queryKeyWidth),
                values: own.values[rows].head(head, attention.valueWidth),
                out: own.attended[rows].head(head, perGroup * attention.valueWidth),
                logSumExp: logSumExp[rows].head(head, perGroup))
            let dqueries = part.number == 0 ? grads.queries : buffers.dqueryPart(part.number, like: grads.queries)
            attention.group.backward(
                saved, part: part.keyBlocks,
                dout: grads.attended[rows].head(head, perGroup * attention.valueWidth),
                dqueries: dqueries[rows].head(head, perGroup * attention.queryKeyWidth),
                dkeys: grads.keys[rows].head(head, attention.queryKeyWidth),
                dvalues: grads.values[rows].head(head, attention.valueWidth),
                scratch: buffers.attentionScratch(worker), path: path)
        }
    }

    /// Adds what parts after a segment's first gave to the queries of `rows`, in order.
    private func addQueryParts(_ rows: Range<Int>, _ grads: HeadGradients) {
        for part in buffers.keyParts where part.number > 0 && part.segment.overlaps(rows) {
            let shared = part.segment.clamped(to: rows)
            grads.queries[shared].add(buffers.dqueryPart(part.number, like: grads.queries)[shared], path: path)
        }
    }

    /// Back through rotation, norms of queries and keys, and clipping, in place.
    private func headsBackward(_ rows: Range<Int>, _ block: Int, _ index: Int, _ grads: HeadGradients) {
        let (attention, own) = (architecture.layers[index].attention, forward.buffers.layers[index])
        if let rotary = attention.rotary {
            plan.positions.withUnsafeBufferPointer { positions in
                guard let positions = positions.baseAddress else { return }
                for heads in [grads.queries, grads.keys] {
                    forward.rotaries[rotary].backward(
                        heads[rows], headWidth: attention.queryKeyWidth, positions: positions + rows.lowerBound,
                        path: path)
                }
            }
        }
        headNormBackward(2, .layer(index, .queryNorm), own.rawQueries[rows], grads.queries[rows], attention, block)
        headNormBackward(3, .layer(index, .keyNorm), own.rawKeys[rows], grads.keys[rows], attention, block)
        guard let clip = attention.clip else { return }
        grads.queries[rows].clampBackward(values: own.rawQueries[rows], limit: clip, path: path)
        grads.keys[rows].clampBackward(values: own.rawKeys[rows], limit: clip, path: path)
        grads.values[rows].clampBackward(values: own.values[rows], limit: clip, path: path)
    }

    private func headNormBackward(
        _ which: Int, _ role: ParameterRole, _ raw: Tensor, _ gradient: Tensor, _ attention: AttentionArchitecture,
        _ block: Int
    ) {
        guard attention.queryKeyNorm != .none else { return }
        let width = attention.queryKeyNorm == .whole ? raw.columns : attention.queryKeyWidth
        architecture.norm.backward(
            raw.cut(into: width), weight: table.values(role), dy: gradient.cut(into: width),
            into: gradient.cut(into: width), accumulate: false, dweight: normPartial(which, role, width, block),
            path: path)
    }

    private func addHeadNormGradients(_ index: Int, _ attention: AttentionArchitecture) {
        let blocks = buffers.rowBlocks.count
        switch attention.queryKeyNorm {
        case .none: return
        case .whole:
            addNormGradient(2, .layer(index, .queryNorm), attention.queryColumns, blocks: blocks)
            addNormGradient(3, .layer(index, .keyNorm), attention.keyColumns, blocks: blocks)
        case .perHead:
            addNormGradient(2, .layer(index, .queryNorm), attention.queryKeyWidth, blocks: blocks)
            addNormGradient(3, .layer(index, .keyNorm), attention.queryKeyWidth, blocks: blocks)
        }
    }
}
