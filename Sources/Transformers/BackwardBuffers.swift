import Tensors

/// Where each parameter's values and gradients stand.
struct ParameterTable {
    private let ranges: [ParameterRole: Range<Int>]
    private let valueArena: TensorBuffer
    private let gradientArena: TensorBuffer

    init(_ parameters: [Parameter], values: TensorBuffer, gradients: TensorBuffer) {
        ranges = Dictionary(uniqueKeysWithValues: parameters.map { ($0.role, $0.range) })
        valueArena = values
        gradientArena = gradients
    }

    /// nil where the model has no such parameter.
    func values(_ role: ParameterRole) -> UnsafePointer<Float>? {
        ranges[role].map { UnsafePointer(valueArena.base + $0.lowerBound) }
    }

    func gradients(_ role: ParameterRole) -> UnsafeMutablePointer<Float>? {
        ranges[role].map { gradientArena.base + $0.lowerBound }
    }
}

/// Memory of a backward pass. One layer's gradients at a time.
struct BackwardBuffers {
    /// Tokens in one piece of work, and vocabulary rows whose logits are held at once.
    static let rowsPerBlock = 512
    static let vocabularyBlock = 1024

    /// Some key blocks of one segment; the whole segment where it is short.
    struct KeyPart {
        let segment: Range<Int>
        let keyBlocks: Range<Int>
        let number: Int
    }

    let rowBlocks: [Range<Int>]
    let keyParts: [KeyPart]
    let scoredBlocks: [Range<Int>]
    let dx: Tensor  // [N, D], of the residual stream
    let dbranch: Tensor  // [N, D], of what attention or feed-forward gave
    let normed: Tensor  // [N, D]
    let activated: Tensor  // [N, F]
    let dattended: Tensor  // [N, H E]
    let dqueries: Tensor  // [N, H E]
    let dkeys: Tensor  // [N, K E]
    let dvalues: Tensor  // [N, K E]
    let latents: LatentGradientBuffers
    let logits: Tensor  // [scored, vocabulary block]
    let finalNormed: Tensor  // [scored, D]
    let dfinalNormed: Tensor  // [scored, D]
    private let dqueryParts: [Tensor]  // each [N, H E]
    private let dactivated: RowStore  // [., F]
    private let dnormed: RowStore  // [., D]
    private let normPartials: [Tensor]  // each [blocks, widest norm]
    private let attentionScratch: UnsafeMutablePointer<Float>
    private let attentionScratchCount: Int

    /// - Parameter keepsLogits: whether the forward pass kept them.
    init(
        _ architecture: TransformerArchitecture, _ plan: BatchPlan, keepsLogits: Bool, _ workers: WorkerPool,
        _ carver: inout Carver
    ) {
        func largest(_ size: (LayerArchitecture) -> Int) -> Int { architecture.layers.map(size).max() ?? 0 }
        let (tokens, scored) = (plan.tokenIDs.count, plan.scoredRows.count)
        rowBlocks = BatchPlan.blocks(of: Self.rowsPerBlock, in: tokens)
        scoredBlocks = BatchPlan.blocks(of: Self.rowsPerBlock, in: scored)
        let feedForward = largest { $0.feedForward.width }
        dx = carver.matrix(tokens, architecture.width)
        dbranch = carver.matrix(tokens, architecture.width)
        normed = carver.matrix(tokens, architecture.width)
        activated = carver.matrix(tokens, feedForward)
        dattended = carver.matrix(tokens, largest { $0.attention.outputColumns })
        dqueries = carver.matrix(tokens, largest { $0.attention.queryColumns })
        keyParts = plan.segments.flatMap { segment in
            Attention.backwardParts(length: segment.count).enumerated().map {
                KeyPart(segment: segment, keyBlocks: $1, number: $0)
            }
        }
        dqueryParts = (0..<(keyParts.map(\.number).max() ?? 0)).map { _ in
            carver.matrix(tokens, largest { $0.attention.queryColumns })
        }
        dkeys = carver.matrix(tokens, largest { $0.attention.keyColumns })
        dvalues = carver.matrix(tokens, largest { $0.attention.valueColumns })
        let attentions = architecture.layers.map(\.attention)
        latents = LatentGradientBuffers(
            attentions, tokens: tokens, rowsPerWorker: min(Self.rowsPerBlock, tokens), workers, &carver)
        logits = carver.matrix(keepsLogits ? 0 : scored, Self.vocabularyBlock)
        finalNormed = carver.matrix(scored, architecture.width)
        dfinalNormed = carver.matrix(scored, architecture.width)
        let scratchRows = min(Self.rowsPerBlock, tokens)
        dactivated = RowStore(
            scratch: carver.matrix(workers.threads * scratchRows, feedForward), rowsPerWorker: scratchRows)
        dnormed = RowStore(
            scratch: carver.matrix(workers.threads * scratchRows, architecture.width), rowsPerWorker: scratchRows)
        let widestNorm = max(
            architecture.width,
            largest { max($0.attention.queryColumns, $0.attention.keyColumns, $0.attention.latent?.widestRank ?? 0) })
        let blocks = rowBlocks.count
        normPartials = (0..<4).map { _ in carver.matrix(blocks, widestNorm) }
        attentionScratchCount = (largest { $0.attention.group.backwardScratchCount } + 15) / 16 * 16
        attentionScratch = carver.take(workers.threads * attentionScratchCount)
    }

    func dactivated(_ rows: Range<Int>, _ columns: Int, _ worker: Int) -> Tensor {
        dactivated.narrowed(to: columns).rows(rows, worker: worker)
    }

    /// What part `number` of each segment's keys gives to the gradient of the queries; 1 or more.
    func dqueryPart(_ number: Int, like dqueries: Tensor) -> Tensor {
        Tensor(dqueryParts[number - 1].base, rows: dqueries.rows, columns: dqueries.columns)
    }

    func dnormed(_ rows: Range<Int>, _ worker: Int) -> Tensor { dnormed.rows(rows, worker: worker) }

    /// Sums of a norm's weight gradient, one row for each block of rows; four norms can be at work at once.
    func normPartials(_ which: Int, columns: Int) -> Tensor { normPartials[which].columns(0..<columns) }

    func attentionScratch(_ worker: Int) -> UnsafeMutablePointer<Float> {
        attentionScratch + worker * attentionScratchCount
    }
}
