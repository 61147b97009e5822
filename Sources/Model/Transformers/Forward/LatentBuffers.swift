import Tensors

/// The low-rank vectors of latent attention before their norms.
struct LatentBuffers {
    let query: RowStore  // [., query rank]
    /// The latent vector, then the shared key before it is turned.
    let keyValue: RowStore  // [., key/value rank + shared key width]

    init(query: RowStore, keyValue: RowStore) {
        self.query = query
        self.keyValue = keyValue
    }

    init(kept latent: LatentProjections, _ matrix: (Int) -> Tensor) {
        query = RowStore(kept: matrix(latent.queryRank ?? 0))
        keyValue = RowStore(kept: matrix(latent.keyValueRank + latent.sharedKeyWidth))
    }

    /// A view of the same memory with a layer's own widths.
    func narrowed(to latent: LatentProjections) -> LatentBuffers {
        LatentBuffers(
            query: query.narrowed(to: latent.queryRank ?? 0),
            keyValue: keyValue.narrowed(to: latent.keyValueRank + latent.sharedKeyWidth))
    }
}

extension LatentProjections {
    var widestRank: Int { max(queryRank ?? 0, keyValueRank + sharedKeyWidth) }
}

extension AttentionArchitecture {
    /// One head's own part of a key, and its value, within `expandedColumns`.
    func expandedHead(_ head: Int) -> (key: Range<Int>, value: Range<Int>) {
        let start = head * (ownKeyWidth + valueWidth)
        return (start..<start + ownKeyWidth, start + ownKeyWidth..<start + ownKeyWidth + valueWidth)
    }
}
