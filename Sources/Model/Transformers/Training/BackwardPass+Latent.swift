import Tensors

/// Gradients within latent attention: those that weight gradients need for all rows, and one worker's scratch.
struct LatentGradientBuffers {
    let dexpanded: Tensor  // [N, widest]
    let normedQuery: GradientRows  // [N, query rank]
    let normedKeyValue: GradientRows  // [N, key/value rank]
    let dquery: Tensor  // [N, query rank], before its norm
    let dkeyValue: Tensor  // [N, key/value rank + shared key width], before its norm
    let dnormed: RowStore  // [., largest rank]
    let normed: RowStore  // [., largest rank]

    init(
        _ attentions: [AttentionArchitecture], _ format: MatrixFormat, tokens: Int, rowsPerWorker: Int,
        _ workers: WorkerPool,
        _ carver: inout Carver
    ) {
        let latent = attentions.filter { $0.latent != nil }
        let rank = latent.compactMap { $0.latent?.widestRank }.max() ?? 0
        dexpanded = carver.matrix(tokens, latent.map(\.expandedColumns).max() ?? 0)
        normedQuery = carver.gradientRows(tokens, rank, format, workers.path)
        normedKeyValue = carver.gradientRows(tokens, rank, format, workers.path)
        dquery = carver.matrix(tokens, rank)
        dkeyValue = carver.matrix(tokens, rank)
        dnormed = RowStore(
            scratch: carver.matrix(workers.threads * rowsPerWorker, rank), rowsPerWorker: rowsPerWorker)
        normed = RowStore(
            scratch: carver.matrix(workers.threads * rowsPerWorker, rank), rowsPerWorker: rowsPerWorker)
    }
}

extension BackwardPass {
    /// From gradients of queries, keys and values of some rows to that of what was projected.
    func latentBackward(
        _ rows: Range<Int>, _ block: Int, _ worker: Int, _ index: Int, _ latent: LatentProjections,
        _ grads: HeadGradients, into dx: Tensor
    ) {
        keyValueBackward(rows, block, worker, index, latent, grads, into: dx)
        guard let rank = latent.queryRank else {
            return inputGradient(prepared(grads.queries[rows], worker), index, .query, into: dx, accumulate: true)
        }
        let dnormed = buffers.latents.dnormed.narrowed(to: rank).rows(rows, worker: worker)
        inputGradient(prepared(grads.queries[rows], worker), index, .query, into: dnormed)
        let dlow = buffers.latents.dquery.columns(0..<rank)[rows]
        let low = latents(index).query.rows(rows, worker: worker)
        latentNormBackward(
            2, .layer(index, .queryLatentNorm), latent.norm, low, dnormed, rows, block, worker, into: dlow,
            taking: buffers.latents.normedQuery.narrowed(to: rank))
        inputGradient(prepared(dlow, worker), index, .queryLatent, into: dx, accumulate: true)
    }

    private func keyValueBackward(
        _ rows: Range<Int>, _ block: Int, _ worker: Int, _ index: Int, _ latent: LatentProjections,
        _ grads: HeadGradients, into dx: Tensor
    ) {
        let attention = architecture.layers[index].attention
        let (rank, joint) = (latent.keyValueRank, latent.keyValueRank + latent.sharedKeyWidth)
        let dexpanded = buffers.latents.dexpanded.columns(0..<attention.expandedColumns)[rows]
        let djoint = buffers.latents.dkeyValue.columns(0..<joint)[rows]
        let dshared = djoint.columns(rank..<joint)
        dshared.fill(0)
        for head in 0..<attention.keyValueHeads {
            let part = attention.expandedHead(head)
            let dkey = grads.keys[rows].head(head, attention.queryKeyWidth)
            dexpanded.columns(part.key).copy(from: dkey.columns(0..<attention.ownKeyWidth))
            dexpanded.columns(part.value).copy(from: grads.values[rows].head(head, attention.valueWidth))
            dshared.add(dkey.columns(attention.ownKeyWidth..<dkey.columns), path: path)
        }
        let dnormed = buffers.latents.dnormed.narrowed(to: rank).rows(rows, worker: worker)
        inputGradient(prepared(dexpanded, worker), index, .keyValue, into: dnormed)
        latentNormBackward(
            3, .layer(index, .keyValueLatentNorm), latent.norm,
            latents(index).keyValue.rows(rows, worker: worker).columns(0..<rank), dnormed, rows,
            block, worker, into: djoint.columns(0..<rank),
            taking: buffers.latents.normedKeyValue.narrowed(to: rank))
        inputGradient(prepared(djoint, worker), index, .keyValueLatent, into: dx)
    }

    /// Computes the normed vector once more for the weight gradients, and the gradient before the norm.
    private func latentNormBackward(
        _ which: Int, _ role: ParameterRole, _ norm: Norm, _ low: Tensor, _ dnormed: Tensor, _ rows: Range<Int>,
        _ block: Int, _ worker: Int, into dlow: Tensor, taking normedRows: GradientRows
    ) {
        let normed = buffers.latents.normed.narrowed(to: low.columns).rows(rows, worker: worker)
        norm.forward(low, weight: table.values(role), into: normed, path: path)
        normedRows.take(normed, at: rows.lowerBound)
        norm.backward(
            low, weight: table.values(role), dy: dnormed, into: dlow, accumulate: false,
            dweight: normPartial(which, role, low.columns, block), path: path)
    }

    private func latents(_ index: Int) -> LatentBuffers {
        guard let latents = forward.buffers.layers[index].latents else {
            preconditionFailure("the forward pass had no latent projections")
        }
        return latents
    }

    func latentGradients(
        _ index: Int, _ latent: LatentProjections, _ grads: HeadGradients, x: GradientRows
    ) -> [MatrixGradient] {
        let own = buffers.latents
        let attention = architecture.layers[index].attention
        let keyValue = [
            layerGradient(
                index, .keyValue, dy: own.dexpanded.columns(0..<attention.expandedColumns),
                x: own.normedKeyValue.narrowed(to: latent.keyValueRank)),
            layerGradient(
                index, .keyValueLatent, dy: own.dkeyValue.columns(0..<latent.keyValueRank + latent.sharedKeyWidth),
                x: x),
        ]
        guard let rank = latent.queryRank else {
            return keyValue + [layerGradient(index, .query, dy: grads.queries, x: x)]
        }
        return keyValue + [
            layerGradient(index, .query, dy: grads.queries, x: own.normedQuery.narrowed(to: rank)),
            layerGradient(index, .queryLatent, dy: own.dquery.columns(0..<rank), x: x),
        ]
    }

    func addLatentNormGradients(_ index: Int, _ latent: LatentProjections) {
        let blocks = buffers.rowBlocks.count
        if let rank = latent.queryRank { addNormGradient(2, .layer(index, .queryLatentNorm), rank, blocks: blocks) }
        addNormGradient(3, .layer(index, .keyValueLatentNorm), latent.keyValueRank, blocks: blocks)
    }
}
