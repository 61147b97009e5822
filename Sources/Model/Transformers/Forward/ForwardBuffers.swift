import Tensors

/// Memory of a forward pass: what all workers share, what each holds for itself, and each layer's buffers.
struct ForwardBuffers {
    let layers: [LayerBuffers]
    let normed: RowStore  // [., D]
    let projected: RowStore  // [., D]
    let activated: RowStore  // [., F]
    let normedLatent: RowStore  // [., largest rank]
    let expanded: RowStore  // [., K (own key width + value width)]
    /// Packed key blocks of long segments.
    let keyBlocks: UnsafeMutablePointer<Float>
    let logSumExp: UnsafeMutablePointer<Float>  // [scored]
    let targetLogits: UnsafeMutablePointer<Float>  // [scored]
    /// Kept for backward where they are not too many, [N, V rounded up to panels]; else backward computes them again.
    let logits: Tensor?
    private let attentionScratch: WorkerScratch
    private let rounding: WorkerScratch
    private let headRows: WorkerScratch
    private let headRounding: WorkerScratch
    private let headScratch: WorkerScratch

    var hidden: Tensor { layers[layers.count - 1].output }

    func attentionScratch(_ worker: Int) -> UnsafeMutablePointer<Float> { attentionScratch.of(worker) }
    func roundingScratch(_ worker: Int) -> UnsafeMutablePointer<Float> { rounding.of(worker) }
    func headRows(_ worker: Int) -> UnsafeMutablePointer<Float> { headRows.of(worker) }
    func headRounding(_ worker: Int) -> UnsafeMutablePointer<Float> { headRounding.of(worker) }
    func headScratch(_ worker: Int) -> UnsafeMutablePointer<Float> { headScratch.of(worker) }

    /// - Parameters:
    ///   - tokens: N.
    ///   - keep: whether every layer's values stay, for backward; else all layers use the same memory.
    ///   - maxKeptLogits: logits stay too if they are no more than this.
    init(
        _ architecture: TransformerArchitecture, format: MatrixFormat, tokens: Int, keyBlockCount: Int, keep: Bool,
        maxKeptLogits: Int = 0,
        workers: WorkerPool, _ carver: inout Carver
    ) {
        let widest = WidestLayer(architecture)
        let rows = WorkPlan.rowsPerBlock(tokens: tokens)
        func scratch(_ columns: Int) -> RowStore {
            RowStore(scratch: carver.matrix(workers.threads * rows, columns), rowsPerWorker: rows)
        }
        normed = scratch(architecture.width)
        projected = scratch(architecture.width)
        let gate = scratch(widest.feedForward)
        activated = gate
        normedLatent = scratch(widest.rank)
        expanded = scratch(widest.expanded)
        keyBlocks = carver.take(keyBlockCount * widest.keyBlock)
        attentionScratch = WorkerScratch(workers, widest.attentionScratch, &carver)
        let path = workers.path
        let inputs = max(architecture.width, widest.attended, widest.feedForward, widest.rank)
        rounding = WorkerScratch(
            workers, PreparedRows.scratchCount(rows: rows, columns: inputs, format, path: path), &carver)
        let (head, width) = (WorkPlan.rowsPerHeadBlock, architecture.width)
        headRows = WorkerScratch(workers, head * width, &carver)
        headRounding = WorkerScratch(
            workers, PreparedRows.scratchCount(rows: head, columns: width, format, path: path), &carver)
        headScratch = WorkerScratch(workers, Head.scratchCount(rows: head, path: path), &carver)
        logSumExp = carver.take(tokens)
        targetLogits = carver.take(tokens)
        let logitColumns = Head.keptColumns(architecture.vocabularySize, path: path)
        let keepsLogits = keep && tokens * logitColumns <= maxKeptLogits
        logits = keepsLogits ? carver.matrix(tokens, logitColumns) : nil
        if keep {
            layers = Self.keptLayers(architecture, tokens, projected, &carver)
        } else {
            let up = scratch(widest.feedForward)
            let latents = LatentBuffers(query: scratch(widest.rank), keyValue: scratch(widest.rank))
            layers = Self.sharedLayers(
                architecture, tokens, widest, gate: gate, up: up, projected: projected, latents: latents, &carver)
        }
    }
}

/// What one layer computes on its way; rows are tokens of the packed batch. Where nothing is kept, several of these are the
/// same memory.
struct LayerBuffers {
    let input: Tensor  // [N, D]
    let latents: LatentBuffers?
    /// Before the norms of queries and keys, or as they were clipped.
    let rawQueries: Tensor  // [N, H E]
    let rawKeys: Tensor  // [N, K E]
    let queries: Tensor  // [N, H E]
    let keys: Tensor  // [N, K E]
    let values: Tensor  // [N, K E]
    let attended: Tensor  // [N, H E]
    let logSumExp: Tensor?  // [N, H]
    /// The attention's output before its norm, kept only where there is one.
    let projected: RowStore  // [., D]
    let middle: Tensor  // [N, D]
    let gate: RowStore  // [., F]
    let up: RowStore  // [., F]
    /// The feed-forward's output before its norm, kept only where there is one.
    let fedForward: RowStore  // [., D]
    let output: Tensor  // [N, D]
}

/// The largest of each size over the layers.
private struct WidestLayer {
    let queries, keys, values, attended, feedForward, keyBlock, attentionScratch, rank, expanded: Int

    init(_ architecture: TransformerArchitecture) {
        func largest(_ size: (LayerArchitecture) -> Int) -> Int { architecture.layers.map(size).max() ?? 0 }
        queries = largest { $0.attention.queryColumns }
        keys = largest { $0.attention.keyColumns }
        values = largest { $0.attention.valueColumns }
        attended = largest { $0.attention.outputColumns }
        feedForward = largest { $0.feedForward.width }
        keyBlock = largest { $0.attention.keyValueHeads * $0.attention.group.blockCount }
        rank = largest { $0.attention.latent?.widestRank ?? 0 }
        expanded = largest { $0.attention.latent == nil ? 0 : $0.attention.expandedColumns }
        // A piece for a short segment packs its one key block for itself.
        attentionScratch = largest { $0.attention.group.scratchCount + $0.attention.group.blockCount }
    }
}

extension ForwardBuffers {
    private static func sharedLayers(
        _ architecture: TransformerArchitecture, _ tokens: Int, _ widest: WidestLayer, gate: RowStore, up: RowStore,
        projected: RowStore, latents: LatentBuffers, _ carver: inout Carver
    ) -> [LayerBuffers] {
        let x = carver.matrix(tokens, architecture.width)
        let queries = carver.take(tokens * widest.queries)
        let keys = carver.take(tokens * widest.keys)
        let values = carver.take(tokens * widest.values)
        let attended = carver.take(tokens * widest.attended)
        return architecture.layers.map { layer in
            let attention = layer.attention
            let queries = Tensor(queries, rows: tokens, columns: attention.queryColumns)
            let keys = Tensor(keys, rows: tokens, columns: attention.keyColumns)
            return LayerBuffers(
                input: x, latents: attention.latent.map(latents.narrowed), rawQueries: queries, rawKeys: keys,
                queries: queries, keys: keys,
                values: Tensor(values, rows: tokens, columns: attention.valueColumns),
                attended: Tensor(attended, rows: tokens, columns: attention.outputColumns), logSumExp: nil,
                projected: projected, middle: x, gate: gate.narrowed(to: layer.feedForward.width),
                up: up.narrowed(to: layer.feedForward.width), fedForward: projected, output: x)
        }
    }

    private static func keptLayers(
        _ architecture: TransformerArchitecture, _ tokens: Int, _ projected: RowStore, _ carver: inout Carver
    ) -> [LayerBuffers] {
        var input = carver.matrix(tokens, architecture.width)
        return architecture.layers.map { layer in
            let attention = layer.attention
            func matrix(_ columns: Int) -> Tensor { carver.matrix(tokens, columns) }
            let queries = matrix(attention.queryColumns)
            let keys = matrix(attention.keyColumns)
            let hasRaw = attention.queryKeyNorm != .none || attention.clip != nil
            let buffers = LayerBuffers(
                input: input, latents: attention.latent.map { LatentBuffers(kept: $0, matrix) },
                rawQueries: hasRaw ? matrix(attention.queryColumns) : queries,
                rawKeys: hasRaw ? matrix(attention.keyColumns) : keys, queries: queries, keys: keys,
                values: matrix(attention.valueColumns), attended: matrix(attention.outputColumns),
                logSumExp: matrix(attention.heads),
                projected: layer.norms.contains(.attentionOutput)
                    ? RowStore(kept: matrix(architecture.width)) : projected,
                middle: matrix(architecture.width), gate: RowStore(kept: matrix(layer.feedForward.width)),
                up: RowStore(kept: matrix(layer.feedForward.width)),
                fedForward: layer.norms.contains(.feedForwardOutput)
                    ? RowStore(kept: matrix(architecture.width)) : projected,
                output: matrix(architecture.width))
            input = buffers.output
            return buffers
        }
    }
}
