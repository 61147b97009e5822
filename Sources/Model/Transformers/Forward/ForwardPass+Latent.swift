import Tensors

extension ForwardPass {
    /// Queries, keys and values of some rows by way of low-rank vectors, as `LatentProjections` says.
    func projectLatents(_ x: Tensor, _ latent: LatentProjections, _ index: Int, _ rows: Range<Int>, _ worker: Int) {
        let (weights, own) = (weights.layers[index], buffers.layers[index])
        guard let raw = own.latents else { preconditionFailure("no buffers for latent projections") }
        if let rank = latent.queryRank {
            let low = raw.query.rows(rows, worker: worker)
            weights.apply(.queryLatent, prepared(x, worker), into: low, path: path)
            let normed = buffers.normedLatent.narrowed(to: rank).rows(rows, worker: worker)
            latent.norm.forward(low, weight: weights.vector(.queryLatentNorm), into: normed, path: path)
            weights.apply(.query, prepared(normed, worker), into: own.rawQueries[rows], path: path)
        } else {
            weights.apply(.query, prepared(x, worker), into: own.rawQueries[rows], path: path)
        }
        let joint = raw.keyValue.rows(rows, worker: worker)
        weights.apply(.keyValueLatent, prepared(x, worker), into: joint, path: path)
        let normed = buffers.normedLatent.narrowed(to: latent.keyValueRank).rows(rows, worker: worker)
        latent.norm.forward(
            joint.columns(0..<latent.keyValueRank), weight: weights.vector(.keyValueLatentNorm), into: normed,
            path: path)
        let attention = architecture.layers[index].attention
        let expanded = buffers.expanded.narrowed(to: attention.expandedColumns).rows(rows, worker: worker)
        weights.apply(.keyValue, prepared(normed, worker), into: expanded, path: path)
        let shared = joint.columns(latent.keyValueRank..<joint.columns)
        for head in 0..<attention.keyValueHeads {
            let part = attention.expandedHead(head)
            let key = own.rawKeys[rows].head(head, attention.queryKeyWidth)
            key.columns(0..<attention.ownKeyWidth).copy(from: expanded.columns(part.key))
            key.columns(attention.ownKeyWidth..<key.columns).copy(from: shared)
            own.values[rows].head(head, attention.valueWidth).copy(from: expanded.columns(part.value))
        }
    }
}
