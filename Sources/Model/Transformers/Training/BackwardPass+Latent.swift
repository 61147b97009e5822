import Tensors

/// Gradients within latent attention: those that the gradients of matrices need for all rows, and one worker's scratch.
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
        workers: WorkerPool, _ carver: inout Carver
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
    func latentBackward(_ latent: LatentProjections, _ grads: HeadGradients, _ place: Place, into dx: Tensor) {
        let (index, worker) = (place.layer, place.worker)
        keyValueBackward(latent, grads, place, into: dx)
        guard let rank = latent.queryRank else {
            return inputGradient(prepared(grads.queries[place], worker), index, .query, into: dx, accumulate: true)
        }
        let dnormed = buffers.latents.dnormed.narrowed(to: rank)[place]
        inputGradient(prepared(grads.queries[place], worker), index, .query, into: dnormed)
        let dlow = buffers.latents.dquery.columns(0..<rank)[place]
        latentNormBackward(
            LatentNorm(
                norm: latent.norm, gradient: queryLatentNorm(index, rank: rank), low: latents(index).query[place],
                rows: buffers.latents.normedQuery.narrowed(to: rank)),
            dnormed: dnormed, place, into: dlow)
        inputGradient(prepared(dlow, worker), index, .queryLatent, into: dx, accumulate: true)
    }

    private func keyValueBackward(
        _ latent: LatentProjections, _ grads: HeadGradients, _ place: Place, into dx: Tensor
    ) {
        let (index, rows, worker) = (place.layer, place.rows, place.worker)
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
        let dnormed = buffers.latents.dnormed.narrowed(to: rank)[place]
        inputGradient(prepared(dexpanded, worker), index, .keyValue, into: dnormed)
        latentNormBackward(
            LatentNorm(
                norm: latent.norm, gradient: keyValueLatentNorm(index, rank: rank),
                low: latents(index).keyValue[place].columns(0..<rank),
                rows: buffers.latents.normedKeyValue.narrowed(to: rank)),
            dnormed: dnormed, place, into: djoint.columns(0..<rank))
        inputGradient(prepared(djoint, worker), index, .keyValueLatent, into: dx)
    }

    /// The norm of a low-rank vector on its way back.
    private struct LatentNorm {
        let norm: Norm
        let gradient: NormGradient
        /// The vector before the norm, at some rows.
        let low: Tensor
        /// Take the normed vector, for the gradients of matrices.
        let rows: GradientRows
    }

    /// Computes the normed vector once more for the gradients of matrices, and the gradient before the norm.
    private func latentNormBackward(_ latent: LatentNorm, dnormed: Tensor, _ place: Place, into dlow: Tensor) {
        let weight = table.values(latent.gradient.role)
        let normed = buffers.latents.normed.narrowed(to: latent.low.columns)[place]
        latent.norm.forward(latent.low, weight: weight, into: normed, path: path)
        latent.rows.take(normed, at: place.rows.lowerBound)
        latent.norm.backward(
            latent.low, weight: weight, dy: dnormed, into: dlow, accumulate: false,
            dweight: normPartial(latent.gradient, block: place.block), path: path)
    }

    private func queryLatentNorm(_ index: Int, rank: Int) -> NormGradient {
        NormGradient(sums: .query, role: .layer(index, .queryLatentNorm), columns: rank)
    }

    private func keyValueLatentNorm(_ index: Int, rank: Int) -> NormGradient {
        NormGradient(sums: .key, role: .layer(index, .keyValueLatentNorm), columns: rank)
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
        if let rank = latent.queryRank { addNormGradient(queryLatentNorm(index, rank: rank), blocks: blocks) }
        addNormGradient(keyValueLatentNorm(index, rank: latent.keyValueRank), blocks: blocks)
    }
}
