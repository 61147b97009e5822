import Tensors

/// Gradients of one forward pass. Every sum has an order that depends on the batch alone: rows are cut into fixed blocks,
/// matrices' gradients into fixed blocks of outputs, each of which one thread adds up over all rows.
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

    // MARK: - Matrices

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

    /// Rows of gradients in the format of the matrices, valid until the worker's next call.
    func prepared(_ dy: Tensor, _ worker: Int) -> PreparedRows {
        PreparedRows(dy, forward.parameters.format, scratch: buffers.rounding(worker), path: path)
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
    func addMatrixGradients(_ matrices: [MatrixGradient]) {
        let pieces = matrices.flatMap { matrix in
            WorkPlan.blocks(of: GradientRows.outputsPerPiece, in: matrix.dy.columns).map { (matrix, $0) }
        }
        workers.forEach(pieces.count) { (piece: Int, worker: Int) in
            let (matrix, outputs) = pieces[piece]
            let dy = matrix.dy.columns(outputs)
            if let gradient = table.gradients(matrix.role) {
                matrix.x.addProduct(
                    dy, into: gradient + outputs.lowerBound * matrix.x.columns, scratch: buffers.transposed(worker))
            }
            if let role = matrix.bias, let bias = table.gradients(role) {
                dy.sumRows(into: bias + outputs.lowerBound, path: path)
            }
        }
    }

    // MARK: - Norms

    /// A norm whose weight gradient is due: its blocks of rows each add up a part, at `sums`, and the parts are added in order.
    struct NormGradient {
        let sums: BackwardBuffers.NormSums
        let role: ParameterRole
        /// Length of the norm's weight.
        let columns: Int
    }

    /// Where one block of rows adds up its part of a norm's weight gradient; nil where the norm has no weight.
    func normPartial(_ norm: NormGradient, block: Int) -> UnsafeMutablePointer<Float>? {
        guard table.gradients(norm.role) != nil else { return nil }
        let row = buffers.normPartials(norm.sums, columns: norm.columns).row(block)
        row.update(repeating: 0, count: norm.columns)
        return row
    }

    /// Adds up the blocks' parts, in order.
    func addNormGradient(_ norm: NormGradient, blocks: Int) {
        guard let gradient = table.gradients(norm.role) else { return }
        buffers.normPartials(norm.sums, columns: norm.columns)[0..<blocks].sumRows(into: gradient, path: path)
    }

    /// The norm at a position of a layer; nil where the layer has none there.
    func branchNorm(_ position: NormPosition, layer: Int) -> NormGradient? {
        guard architecture.layers[layer].norms.contains(position) else { return nil }
        return NormGradient(
            sums: position.isOutput ? .branchOutput : .branchInput, role: .layer(layer, position.weight),
            columns: architecture.width)
    }

    /// The gradient of what a branch gave before its output norm, in `dbranch`.
    ///
    /// - Parameter value: what the branch gave, at the place's rows.
    func branchOutputBackward(_ value: Tensor, _ position: NormPosition, _ place: Place) {
        let (dx, dbranch) = (buffers.dx[place], buffers.dbranch[place])
        guard let norm = branchNorm(position, layer: place.layer) else { return dbranch.copy(from: dx) }
        architecture.norm.backward(
            value, weight: table.values(norm.role), dy: dx, into: dbranch, accumulate: false,
            dweight: normPartial(norm, block: place.block), path: path)
    }

    /// Adds the gradient of a branch's input to the residual stream's.
    ///
    /// - Parameter value: the branch's input before its norm, at the place's rows.
    func branchInputBackward(_ value: Tensor, dnormed: Tensor, _ position: NormPosition, _ place: Place) {
        guard let norm = branchNorm(position, layer: place.layer) else {
            return buffers.dx[place].add(dnormed, path: path)
        }
        architecture.norm.backward(
            value, weight: table.values(norm.role), dy: dnormed, into: buffers.dx[place], accumulate: true,
            dweight: normPartial(norm, block: place.block), path: path)
    }

    /// What a branch's matrices saw, in `inputs`: the normed input, computed again, or the input itself.
    ///
    /// - Parameter value: the branch's input before its norm, at the place's rows.
    func takeBranchInput(_ value: Tensor, _ position: NormPosition, _ place: Place) {
        guard let norm = branchNorm(position, layer: place.layer) else {
            return buffers.inputs.take(value, at: place.rows.lowerBound)
        }
        let normed = buffers.normed[place]
        architecture.norm.forward(value, weight: table.values(norm.role), into: normed, path: path)
        buffers.inputs.take(normed, at: place.rows.lowerBound)
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
