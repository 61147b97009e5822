import Tensors

/// Gradients of one forward pass. Every sum has an order that depends on the batch alone: rows are cut into fixed blocks,
/// weight gradients into fixed blocks of outputs, each of which one thread adds up over all rows.
struct BackwardPass {
    let forward: ForwardPass
    let table: ParameterTable
    let matrices: [ParameterRole: GradientMatrix]
    let buffers: BackwardBuffers
    let workers: WorkerPool

    var architecture: TransformerArchitecture { forward.architecture }
    var plan: WorkPlan { forward.plan }
    var path: KernelPath { workers.path }

    func run(_ gradients: LossGradients) {
        buffers.dx.fill(0)
        headBackward(gradients)
        for index in architecture.layers.indices.reversed() {
            feedForwardBackward(index)
            attentionBackward(index)
        }
        embeddingBackward()
    }

    // MARK: - Weights

    /// One matrix whose gradient is due: dW += dy^T x, dbias += sum of rows of dy.
    struct MatrixGradient {
        let role: ParameterRole
        let bias: ParameterRole?
        let dy: Tensor
        let x: GradientRows
    }

    func layerGradient(_ index: Int, _ parameter: LayerParameter, dy: Tensor, x: GradientRows) -> MatrixGradient {
        MatrixGradient(
            role: .layer(index, parameter), bias: parameter.bias.map { .layer(index, $0) }, dy: dy, x: x)
    }

    /// Rows of gradients in the format of the weights, valid until the worker's next call.
    func prepared(_ dy: Tensor, _ worker: Int) -> PreparedRows {
        PreparedRows(dy, forward.weights.format, scratch: buffers.rounding(worker), path: path)
    }

    /// dx (+)= dy W
    func inputGradient(
        _ dy: PreparedRows, _ index: Int, _ parameter: LayerParameter, into dx: Tensor, accumulate: Bool = false
    ) {
        guard let matrix = matrices[.layer(index, parameter)] else {
            preconditionFailure("layer \(index) has no \(parameter)")
        }
        matrix.product(dy, outputs: 0..<matrix.outputs, into: dx, accumulate ? .continuing : .replacing)
    }

    /// Blocks of outputs of all the matrices are shared out at once.
    func addWeightGradients(_ matrices: [MatrixGradient]) {
        let pieces = matrices.flatMap { matrix in
            WorkPlan.blocks(of: GradientRows.outputsPerPiece, in: matrix.dy.columns).map { (matrix, $0) }
        }
        workers.forEach(pieces.count) { (piece: Int, worker: Int) in
            let (matrix, outputs) = pieces[piece]
            let dy = matrix.dy.columns(outputs)
            if let weights = table.gradients(matrix.role) {
                matrix.x.addProduct(
                    dy, into: weights + outputs.lowerBound * matrix.x.columns, scratch: buffers.transposed(worker))
            }
            if let role = matrix.bias, let bias = table.gradients(role) {
                dy.sumRows(into: bias + outputs.lowerBound, path: path)
            }
        }
    }

    // MARK: - Norms

    /// Where one block of rows adds up its part of a norm's weight gradient; nil where the norm has no weight.
    func normPartial(_ which: Int, _ role: ParameterRole, _ columns: Int, _ block: Int) -> UnsafeMutablePointer<Float>?
    {
        guard table.gradients(role) != nil else { return nil }
        let row = buffers.normPartials(which, columns: columns).row(block)
        row.update(repeating: 0, count: columns)
        return row
    }

    /// Adds up the blocks' parts, in order.
    func addNormGradient(_ which: Int, _ role: ParameterRole, _ columns: Int, blocks: Int) {
        guard let gradient = table.gradients(role) else { return }
        buffers.normPartials(which, columns: columns)[0..<blocks].sumRows(into: gradient, path: path)
    }

    /// The gradient of what a branch gave before its output norm, in `dbranch`.
    func branchOutputBackward(
        _ rows: Range<Int>, _ block: Int, _ index: Int, _ position: NormPosition, _ parameter: LayerParameter,
        _ value: Tensor
    ) {
        let (dx, dbranch) = (buffers.dx[rows], buffers.dbranch[rows])
        guard architecture.layers[index].norms.contains(position) else { return dbranch.copy(from: dx) }
        let role = ParameterRole.layer(index, parameter)
        architecture.norm.backward(
            value, weight: table.values(role), dy: dx, into: dbranch, accumulate: false,
            dweight: normPartial(0, role, architecture.width, block), path: path)
    }

    /// Adds the gradient of a branch's input to the residual stream's.
    func branchInputBackward(
        _ rows: Range<Int>, _ block: Int, _ index: Int, _ position: NormPosition, _ parameter: LayerParameter,
        _ value: Tensor, _ dnormed: Tensor
    ) {
        guard architecture.layers[index].norms.contains(position) else {
            return buffers.dx[rows].add(dnormed, path: path)
        }
        let role = ParameterRole.layer(index, parameter)
        architecture.norm.backward(
            value, weight: table.values(role), dy: dnormed, into: buffers.dx[rows], accumulate: true,
            dweight: normPartial(1, role, architecture.width, block), path: path)
    }

    /// What a branch's matrices saw, in `inputs`: the normed input, computed again, or the input itself.
    func takeBranchInput(
        _ rows: Range<Int>, _ worker: Int, _ index: Int, _ position: NormPosition, _ parameter: LayerParameter,
        _ value: Tensor
    ) {
        guard architecture.layers[index].norms.contains(position) else {
            return buffers.inputs.take(value[rows], at: rows.lowerBound)
        }
        let normed = buffers.normed(rows, worker)
        architecture.norm.forward(
            value[rows], weight: table.values(.layer(index, parameter)), into: normed, path: path)
        buffers.inputs.take(normed, at: rows.lowerBound)
    }

    // MARK: - Embedding

    /// For each block of columns the rows of each id, in order. An id may occur often: its rows are summed up apart, in blocks.
    private func embeddingBackward() {
        guard let gradient = table.gradients(.embedding) else { return }
        if let scale = architecture.embeddingScale { buffers.dx.scale(by: scale, path: path) }
        let (width, columnsPerBlock) = (architecture.width, 64)
        let occurrences = rowsByID()
        let blocks = WorkPlan.blocks(of: columnsPerBlock, in: width)
        workers.forEach(blocks.count) { block in
            let columns = blocks[block]
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columnsPerBlock) { memory in
                guard let memory = memory.baseAddress else { return }
                let sum = Tensor(memory, rows: 1, columns: columns.count)
                for (id, rows) in occurrences {
                    sum.fill(0)
                    for row in rows { sum.add(buffers.dx[row..<row + 1].columns(columns), path: path) }
                    Tensor(gradient + id * width + columns.lowerBound, rows: 1, columns: columns.count)
                        .add(sum, path: path)
                }
            }
        }
    }

    /// The rows of each id but the padding's, at most 256 at once, in order.
    private func rowsByID() -> [(id: Int, rows: ArraySlice<Int>)] {
        let ids = plan.tokenIDs
        let rows = ids.indices.filter { Int(ids[$0]) != architecture.paddingID }
            .sorted { (ids[$0], $0) < (ids[$1], $1) }
        var found: [(id: Int, rows: ArraySlice<Int>)] = []
        var first = 0
        while first < rows.count {
            let id = ids[rows[first]]
            var end = first + 1
            while end < rows.count, end < first + 256, ids[rows[end]] == id { end += 1 }
            found.append((Int(id), rows[first..<end]))
            first = end
        }
        return found
    }
}
