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
        ranges[role].map { UnsafePointer(valueArena.baseAddress + $0.lowerBound) }
    }

    func gradients(_ role: ParameterRole) -> UnsafeMutablePointer<Float>? {
        ranges[role].map { gradientArena.baseAddress + $0.lowerBound }
    }
}

/// Memory of a backward pass. One layer's gradients at a time.
struct BackwardBuffers {
    /// Tokens in one piece of work, as in the forward pass; scored rows in one; logits of a row that are held at once. All even,
    /// as `GradientRows` asks.
    static let rowsPerBlock = 96
    static let scoredRowsPerBlock = 192
    static let vocabularyBlock = 4 * GradientRows.outputsPerPiece

    /// Some key blocks of one segment; the whole segment where it is short.
    struct KeyPart {
        let segment: Range<Int>
        let keyBlocks: Range<Int>
        let number: Int
    }

    /// Norms whose weight gradients can be summed at once: those around a branch, and those of its queries and keys, or of the
    /// low-rank vectors that queries, and keys and values, come from.
    enum NormSums: Int, CaseIterable {
        case branchOutput, branchInput, query, key
    }

    let rowBlocks: [Range<Int>]
    let keyParts: [KeyPart]
    let scoredBlocks: [Range<Int>]
    let dx: Tensor  // [N, D], of the residual stream
    let dbranch: Tensor  // [N, D], of what attention or feed-forward gave
    let inputs: GradientRows  // [N, D], of a branch
    let activated: GradientRows  // [N, F]
    let attended: GradientRows  // [N, H E]
    let dattended: Tensor  // [N, H E]
    let dqueries: Tensor  // [N, H E]
    let dkeys: Tensor  // [N, K E]
    let dvalues: Tensor  // [N, K E]
    let latents: LatentGradientBuffers
    let logits: Tensor  // [scored, vocabulary block]
    let finalNormed: GradientRows  // [scored, D]
    /// As they are, where logits must be computed again.
    let finalRows: Tensor  // [scored, D]
    let dfinalNormed: Tensor  // [scored, D]
    let dactivated: RowStore  // [., F]
    let dnormed: RowStore  // [., D]
    /// A branch's normed input, computed again.
    let normed: RowStore  // [., D]
    /// What a branch's activation gave, computed again.
    let activatedRows: RowStore  // [., F]
    private let dqueryParts: [Tensor]  // each [N, H E]
    private let headRows: RowStore  // [., D]
    private let normPartials: [Tensor]  // each [blocks, widest norm]
    private let attentionScratch: WorkerScratch
    private let rounding: WorkerScratch
    private let transposed: WorkerScratch

    /// - Parameter keepsLogits: whether the forward pass kept them.
    init(
        _ architecture: TransformerArchitecture, format: MatrixFormat, plan: WorkPlan, keepsLogits: Bool,
        workers: WorkerPool, _ carver: inout Carver
    ) {
        func largest(_ size: (LayerArchitecture) -> Int) -> Int { architecture.layers.map(size).max() ?? 0 }
        let (tokens, scored) = (plan.tokenIDs.count, plan.scoredRows.count)
        rowBlocks = WorkPlan.blocks(of: Self.rowsPerBlock, in: tokens)
        scoredBlocks = WorkPlan.blocks(of: Self.scoredRowsPerBlock, in: scored)
        let feedForward = largest { $0.feedForward.width }
        dx = carver.matrix(tokens, architecture.width)
        dbranch = carver.matrix(tokens, architecture.width)
        inputs = carver.gradientRows(tokens, architecture.width, format, workers.path)
        activated = carver.gradientRows(tokens, feedForward, format, workers.path)
        let outputColumns = largest { $0.attention.outputColumns }
        attended = carver.gradientRows(tokens, outputColumns, format, workers.path)
        dattended = carver.matrix(tokens, outputColumns)
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
            attentions, format, tokens: tokens, rowsPerWorker: min(Self.rowsPerBlock, tokens), workers: workers,
            &carver)
        logits = carver.matrix(keepsLogits ? 0 : scored, Self.vocabularyBlock)
        finalNormed = carver.gradientRows(scored, architecture.width, format, workers.path)
        finalRows = carver.matrix(keepsLogits ? 0 : scored, architecture.width)
        dfinalNormed = carver.matrix(scored, architecture.width)
        let scratchRows = min(Self.rowsPerBlock, tokens)
        func scratch(_ rows: Int, _ columns: Int) -> RowStore {
            RowStore(scratch: carver.matrix(workers.threads * rows, columns), rowsPerWorker: rows)
        }
        dactivated = scratch(scratchRows, feedForward)
        dnormed = scratch(scratchRows, architecture.width)
        normed = scratch(scratchRows, architecture.width)
        activatedRows = scratch(scratchRows, feedForward)
        headRows = scratch(Self.scoredRowsPerBlock, architecture.width)
        let widestNorm = max(
            architecture.width,
            largest { max($0.attention.queryColumns, $0.attention.keyColumns, $0.attention.latent?.widestRank ?? 0) })
        let blocks = rowBlocks.count
        normPartials = NormSums.allCases.map { _ in carver.matrix(blocks, widestNorm) }
        attentionScratch = WorkerScratch(workers, largest { $0.attention.group.backwardScratchCount }, &carver)
        rounding = WorkerScratch(
            workers, Self.roundingCount(architecture, format, rows: scratchRows, path: workers.path), &carver)
        transposed = WorkerScratch(
            workers, GradientRows.scratchCount(rows: max(tokens, scored), format, path: workers.path), &carver)
    }

    /// The largest block of gradients that a product takes.
    private static func roundingCount(
        _ architecture: TransformerArchitecture, _ format: MatrixFormat, rows: Int, path: KernelPath
    ) -> Int {
        let widths = architecture.layers.map { layer in
            let attention = layer.attention
            return max(
                architecture.width, layer.feedForward.width, attention.queryColumns, attention.keyColumns,
                attention.valueColumns, attention.latent.map { max($0.widestRank, attention.expandedColumns) } ?? 0)
        }
        return max(
            PreparedRows.scratchCount(rows: rows, columns: widths.max() ?? 0, format, path: path),
            PreparedRows.scratchCount(rows: scoredRowsPerBlock, columns: vocabularyBlock, format, path: path),
            PreparedRows.scratchCount(rows: scoredRowsPerBlock, columns: architecture.width, format, path: path))
    }

    /// What part `number` of each segment's keys gives to the gradient of the queries; 1 or more.
    func dqueryPart(_ number: Int, like dqueries: Tensor) -> Tensor {
        Tensor(dqueryParts[number - 1].baseAddress, rows: dqueries.rows, columns: dqueries.columns)
    }

    /// Sums of a norm's weight gradient, one row for each block of rows.
    func normPartials(_ sums: NormSums, columns: Int) -> Tensor { normPartials[sums.rawValue].columns(0..<columns) }

    /// Rows of the final norm: where all are to stay, or the worker's own.
    func finalRows(_ scored: Range<Int>, _ worker: Int) -> Tensor {
        finalRows.rows > 0 ? finalRows[scored] : headRows.rows(scored, worker: worker)
    }

    func attentionScratch(_ worker: Int) -> UnsafeMutablePointer<Float> { attentionScratch.of(worker) }
    func rounding(_ worker: Int) -> UnsafeMutablePointer<Float> { rounding.of(worker) }
    func transposed(_ worker: Int) -> UnsafeMutablePointer<Float> { transposed.of(worker) }
}

extension Carver {
    mutating func gradientRows(_ rows: Int, _ columns: Int, _ format: MatrixFormat, _ path: KernelPath) -> GradientRows
    {
        let count = GradientRows.floatCount(rows: rows, columns: columns, format, path: path)
        return GradientRows(take(count), rows: rows, columns: columns, format, path: path)
    }
}
