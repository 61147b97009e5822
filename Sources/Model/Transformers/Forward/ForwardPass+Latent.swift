import Tensors

extension ForwardPass {
    /// Queries, keys and values of some rows by way of low-rank vectors, as `LatentProjections` says.
    func projectLatents(_ x: Tensor, _ latent: LatentProjections, _ place: Place) {
        let (parameters, own) = (parameters.layers[place.layer], buffers.layers[place.layer])
        let worker = place.worker
        guard let raw = own.latents else { preconditionFailure("no buffers for latent projections") }
        if let rank = latent.queryRank {
            let low = raw.query[place]
            parameters.apply(.queryLatent, prepared(x, worker), into: low, path: path)
            let normed = buffers.normedLatent.narrowed(to: rank)[place]
            latent.norm.forward(low, weight: parameters.vector(.queryLatentNorm), into: normed, path: path)
            parameters.apply(.query, prepared(normed, worker), into: own.rawQueries[place], path: path)
        } else {
            parameters.apply(.query, prepared(x, worker), into: own.rawQueries[place], path: path)
        }
        let joint = raw.keyValue[place]
        parameters.apply(.keyValueLatent, prepared(x, worker), into: joint, path: path)
        let normed = buffers.normedLatent.narrowed(to: latent.keyValueRank)[place]
        latent.norm.forward(
            joint.columns(0..<latent.keyValueRank), weight: parameters.vector(.keyValueLatentNorm), into: normed,
            path: path)
        let attention = architecture.layers[place.layer].attention
        let expanded = buffers.expanded.narrowed(to: attention.expandedColumns)[place]
        parameters.apply(.keyValue, prepared(normed, worker), into: expanded, path: path)
        let shared = joint.columns(latent.keyValueRank..<joint.columns)
        for head in 0..<attention.keyValueHeads {
            let part = attention.expandedHead(head)
            let key = own.rawKeys[place].head(head, attention.queryKeyWidth)
            key.columns(0..<attention.ownKeyWidth).copy(from: expanded.columns(part.key))
            key.columns(attention.ownKeyWidth..<key.columns).copy(from: shared)
            own.values[place].head(head, attention.valueWidth).copy(from: expanded.columns(part.value))
        }
    }
}
