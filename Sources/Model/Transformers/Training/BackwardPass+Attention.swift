import Tensors

extension BackwardPass {
    /// mid = x + norm(output(attention(heads(norm(x)))))
    func attentionBackward(_ index: Int) {
        let own = forward.buffers.layers[index]
        let attention = architecture.layers[index].attention
        let grads = HeadGradients(buffers, attention, rows: plan.tokenIDs.count)
        let attended = buffers.attended.narrowed(to: attention.outputColumns)
        workers.forEachPlace(index, buffers.rowBlocks) { place in
            branchOutputBackward(own.projected[place], .attentionOutput, place)
            inputGradient(
                prepared(buffers.dbranch[place], place.worker), index, .output, into: grads.attended[place])
        }
        attendBackward(index, grads)
        workers.forEachPlace(index, buffers.rowBlocks) { place in
            addQueryParts(place.rows, grads)
            headsBackward(place, grads)
            takeBranchInput(own.input[place], .attentionInput, place)
            attended.take(own.attended[place], at: place.rows.lowerBound)
            let dnormed = buffers.dnormed[place]
            if let latent = attention.latent {
                latentBackward(latent, grads, place, into: dnormed)
            } else {
                projectionBackward(grads, place, into: dnormed)
            }
            branchInputBackward(own.input[place], dnormed: dnormed, .attentionInput, place)
        }
        addBranchNormGradients(index, [.attentionOutput, .attentionInput])
        addHeadNormGradients(index)
        let x = buffers.inputs
        let output = layerGradient(index, .output, dy: buffers.dbranch, x: attended)
        if let latent = attention.latent {
            addLatentNormGradients(index, latent)
            return addMatrixGradients([output] + latentGradients(index, latent, grads, x: x))
        }
        addMatrixGradients([
            output,
            layerGradient(index, .query, dy: grads.queries, x: x),
            layerGradient(index, .key, dy: grads.keys, x: x),
            layerGradient(index, .value, dy: grads.values, x: x),
        ])
    }

    private func projectionBackward(_ grads: HeadGradients, _ place: Place, into dnormed: Tensor) {
        let (index, worker) = (place.layer, place.worker)
        inputGradient(prepared(grads.queries[place], worker), index, .query, into: dnormed)
        inputGradient(prepared(grads.keys[place], worker), index, .key, into: dnormed, accumulate: true)
        inputGradient(prepared(grads.values[place], worker), index, .value, into: dnormed, accumulate: true)
    }

    /// Gradients of what attention read and gave, cut to the layer's widths.
    struct HeadGradients {
        let attended, queries, keys, values: Tensor

        init(_ buffers: BackwardBuffers, _ attention: AttentionArchitecture, rows: Int) {
            attended = Tensor(buffers.dattended.baseAddress, rows: rows, columns: attention.outputColumns)
            queries = Tensor(buffers.dqueries.baseAddress, rows: rows, columns: attention.queryColumns)
            keys = Tensor(buffers.dkeys.baseAddress, rows: rows, columns: attention.keyColumns)
            values = Tensor(buffers.dvalues.baseAddress, rows: rows, columns: attention.valueColumns)
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
    private func headsBackward(_ place: Place, _ grads: HeadGradients) {
        let (attention, own) = (architecture.layers[place.layer].attention, forward.buffers.layers[place.layer])
        let rows = place.rows
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
        if let norms = headNorms(place.layer) {
            headNormBackward(own.rawQueries[rows], dheads: grads.queries[rows], norms.query, block: place.block)
            headNormBackward(own.rawKeys[rows], dheads: grads.keys[rows], norms.key, block: place.block)
        }
        guard let clip = attention.clip else { return }
        grads.queries[rows].clampBackward(values: own.rawQueries[rows], limit: clip, path: path)
        grads.keys[rows].clampBackward(values: own.rawKeys[rows], limit: clip, path: path)
        grads.values[rows].clampBackward(values: own.values[rows], limit: clip, path: path)
    }

    /// The norms of a layer's queries and keys; nil where it has none.
    private func headNorms(_ index: Int) -> (query: NormGradient, key: NormGradient)? {
        let attention = architecture.layers[index].attention
        let columns: (query: Int, key: Int)
        switch attention.queryKeyNorm {
        case .none: return nil
        case .whole: columns = (attention.queryColumns, attention.keyColumns)
        case .perHead: columns = (attention.queryKeyWidth, attention.queryKeyWidth)
        }
        return (
            NormGradient(sums: .query, role: .layer(index, .queryNorm), columns: columns.query),
            NormGradient(sums: .key, role: .layer(index, .keyNorm), columns: columns.key)
        )
    }

    /// Back through the norm of queries or keys, in place.
    private func headNormBackward(_ raw: Tensor, dheads: Tensor, _ norm: NormGradient, block: Int) {
        let gradient = dheads.cut(into: norm.columns)
        architecture.norm.backward(
            raw.cut(into: norm.columns), weight: table.values(norm.role), dy: gradient, into: gradient,
            accumulate: false, dweight: normPartial(norm, block: block), path: path)
    }

    private func addHeadNormGradients(_ index: Int) {
        guard let norms = headNorms(index) else { return }
        addNormGradient(norms.query, blocks: buffers.rowBlocks.count)
        addNormGradient(norms.key, blocks: buffers.rowBlocks.count)
    }
}
