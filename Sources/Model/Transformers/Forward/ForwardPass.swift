import Sequences
import Tensors

/// One forward pass over a packed batch; the same code for scoring and for training, so that both give the same bits.
///
/// Workers take blocks of rows through whole layers; only attention makes them wait for each other.
struct ForwardPass {
    let architecture: TransformerArchitecture
    let parameters: ModelParameters
    let plan: WorkPlan
    let buffers: ForwardBuffers
    let rotaries: [Rotary]
    let workers: WorkerPool
    /// The next token's distribution is softmax(logits / temperature). The head is given its rows so divided: logits and all that is made
    /// of them are tempered, and at 1 no bit is another.
    var temperature = 1.0

    var path: KernelPath { workers.path }

    /// Log-probability of each scored row's next token, in the order of `plan.scoredRows`.
    func run() -> [Float] {
        computeHidden()
        return scoreRows()
    }

    /// Log-probability of each scored row's next token, with what else is wanted of the distribution that predicts it, one row after
    /// the other.
    func run(_ detail: ScoreDetail) -> TokenScores {
        computeHidden()
        var rows = DetailRows(detail, rows: plan.scoredRows.count)
        var logProbs: [Float] = []
        rows.fill { top, tempered in logProbs = scoreRows(top: top, tempered: tempered) }
        return rows.scores(logProbs)
    }

    /// Log-probability of each scored row's next token, with the logits of chosen tokens, which go into `soft`.
    func run(_ soft: inout SoftTargetRows) -> [Float] {
        computeHidden()
        var logProbs: [Float] = []
        soft.fill { chosen in logProbs = scoreRows(chosen: chosen) }
        return logProbs
    }

    private func computeHidden() {
        embed()
        for index in architecture.layers.indices {
            projectHeads(index)
            packKeys(index)
            attend(index)
            finishLayer(index)
        }
    }

    // MARK: - Embedding

    func embed() {
        let x = buffers.layers[0].input
        workers.forEach(plan.rowBlocks.count) { block in
            for row in plan.rowBlocks[block] { embed(plan.tokenIDs[row], into: x.row(row)) }
            if let scale = architecture.embeddingScale { x[plan.rowBlocks[block]].scale(by: scale, path: path) }
        }
    }

    private func embed(_ id: Int32, into row: UnsafeMutablePointer<Float>) {
        switch parameters.embedding {
        case .table(let table): row.update(from: table + Int(id) * architecture.width, count: architecture.width)
        case .packed(let matrix): matrix.unpackRow(Int(id), into: row)
        }
    }

    // MARK: - Attention

    /// Queries, keys and values of every row, turned by their positions.
    func projectHeads(_ index: Int) {
        let (layer, parameters, own) = (architecture.layers[index], parameters.layers[index], buffers.layers[index])
        workers.forEachPlace(index, plan.rowBlocks) { place in
            let rows = place.rows
            let input = normed(own.input[rows], .attentionInput, place)
            if let latent = layer.attention.latent {
                projectLatents(input, latent, place)
            } else {
                let x = prepared(input, place.worker)
                parameters.apply(.query, x, into: own.rawQueries[rows], path: path)
                parameters.apply(.key, x, into: own.rawKeys[rows], path: path)
                parameters.apply(.value, x, into: own.values[rows], path: path)
            }
            if let clip = layer.attention.clip {
                for heads in [own.rawQueries, own.rawKeys, own.values] { heads[rows].clamp(to: clip, path: path) }
            }
            let attention = layer.attention
            normHeads(own.rawQueries[rows], attention, parameters.vector(.queryNorm), into: own.queries[rows])
            normHeads(own.rawKeys[rows], attention, parameters.vector(.keyNorm), into: own.keys[rows])
            turnHeads(rows, attention, own)
            guard own.logSumExp != nil, path.roundsAttention(self.parameters.format) else { return }
            // Backward shall see what attention does; forward alone rounds as it packs. Clipped values must stay at the limit.
            for heads in [own.queries, own.keys] { heads[rows].roundToBF16(path: path) }
            if layer.attention.clip == nil { own.values[rows].roundToBF16(path: path) }
        }
    }

    private func turnHeads(_ rows: Range<Int>, _ attention: AttentionArchitecture, _ own: LayerBuffers) {
        guard let rotary = attention.rotary else { return }
        plan.positions.withUnsafeBufferPointer { positions in
            guard let positions = positions.baseAddress else { return }
            for heads in [own.queries, own.keys] {
                rotaries[rotary].forward(
                    heads[rows], headWidth: attention.queryKeyWidth, positions: positions + rows.lowerBound, path: path)
            }
        }
    }

    /// The norm of queries or keys, if there is one; `raw` and `heads` are the same memory where neither it nor clipping needs
    /// what was before.
    private func normHeads(
        _ raw: Tensor, _ attention: AttentionArchitecture, _ weight: UnsafePointer<Float>?, into heads: Tensor
    ) {
        switch attention.queryKeyNorm {
        case .none: if heads.baseAddress != raw.baseAddress { heads.copy(from: raw) }
        case .whole: architecture.norm.forward(raw, weight: weight, into: heads, path: path)
        case .perHead:
            let width = attention.queryKeyWidth
            architecture.norm.forward(
                raw.cut(into: width), weight: weight, into: heads.cut(into: width), path: path)
        }
    }

    /// Key blocks of the runs that see more than one.
    private func packKeys(_ index: Int) {
        let attention = architecture.layers[index].attention
        workers.forEach(plan.keyBlocks.rows.count) { number in
            for head in 0..<attention.keyValueHeads {
                pack(
                    plan.keyBlocks.rows[number], index, head,
                    into: packedBlocks(head, attention) + number * attention.group.blockCount)
            }
        }
    }

    /// Packs the keys and values of some rows, parts of one block in their order.
    private func pack(_ parts: [Range<Int>], _ index: Int, _ head: Int, into block: UnsafeMutablePointer<Float>) {
        let (attention, own) = (architecture.layers[index].attention, buffers.layers[index])
        var first = 0
        for rows in parts {
            attention.group.pack(
                keys: own.keys[rows].head(head, attention.queryKeyWidth),
                values: own.values[rows].head(head, attention.valueWidth), first: first, into: block,
                parameters.format, path: path)
            first += rows.count
        }
    }

    /// All blocks of one head follow each other.
    private func packedBlocks(_ head: Int, _ attention: AttentionArchitecture) -> UnsafeMutablePointer<Float> {
        buffers.keyBlocks + head * plan.keyBlocks.rows.count * attention.group.blockCount
    }

    /// Where attention finds the keys of one head, and may leave what it needs meanwhile.
    private struct AttentionMemory {
        let blocks: UnsafePointer<Float>
        /// Numbers of the blocks that a piece sees; nil: they follow each other.
        let table: UnsafePointer<Int32>?
        let scratch: UnsafeMutablePointer<Float>
    }

    /// Each piece for each key/value head, in one layer.
    private func attend(_ index: Int) {
        let attention = architecture.layers[index].attention
        plan.keyBlocks.table.withUnsafeBufferPointer { table in
            workers.forEach(plan.attention.count * attention.keyValueHeads) { (item: Int, worker: Int) in
                let (number, head) = item.quotientAndRemainder(dividingBy: attention.keyValueHeads)
                let piece = plan.attention[number]
                let scratch = buffers.attentionScratch(worker)
                switch piece.keys {
                case .packed(let start):
                    let memory = AttentionMemory(
                        blocks: packedBlocks(head, attention), table: table.baseAddress.map { $0 + start },
                        scratch: scratch)
                    attend(index, head, piece.rows, first: piece.first, memory)
                case .rows(let keys):
                    pack(keys, index, head, into: scratch)
                    let memory = AttentionMemory(
                        blocks: scratch, table: nil, scratch: scratch + attention.group.blockCount)
                    for queries in WorkPlan.blocks(of: Attention.queryBlock, in: piece.rows.count) {
                        let rows = piece.rows.dropFirst(queries.lowerBound).prefix(queries.count)
                        attend(index, head, rows, first: piece.first + queries.lowerBound, memory)
                    }
                }
            }
        }
    }

    /// Queries of some rows, the first of them at position `first` of its segments, and of the heads of one key/value head.
    private func attend(_ index: Int, _ head: Int, _ rows: Range<Int>, first: Int, _ memory: AttentionMemory) {
        let (attention, own) = (architecture.layers[index].attention, buffers.layers[index])
        let perGroup = attention.headsPerGroup
        attention.group.forward(
            queries: own.queries[rows].head(head, perGroup * attention.queryKeyWidth), first: first,
            blocks: memory.blocks, table: memory.table,
            into: own.attended[rows].head(head, perGroup * attention.valueWidth),
            logSumExp: own.logSumExp?[rows].head(head, perGroup), scratch: memory.scratch, parameters.format,
            path: path)
    }

    // MARK: - The rest of a layer

    func finishLayer(_ index: Int) {
        let (layer, parameters, own) = (architecture.layers[index], parameters.layers[index], buffers.layers[index])
        workers.forEachPlace(index, plan.rowBlocks) { place in
            let worker = place.worker
            let projected = own.projected[place]
            parameters.apply(.output, prepared(own.attended[place], worker), into: projected, path: path)
            add(own.input[place], normed(projected, .attentionOutput, place), into: own.middle[place])

            let x = prepared(normed(own.middle[place], .feedForwardInput, place), worker)
            let (gate, up) = (own.gate[place], own.up[place])
            parameters.apply(.gate, x, into: gate, path: path)
            parameters.apply(.up, x, into: up, path: path)
            let activated = buffers.activated.narrowed(to: layer.feedForward.width)[place]
            layer.feedForward.activation.forward(gate: gate, up: up, into: activated, path: path)
            let fedForward = own.fedForward[place]
            parameters.apply(.down, prepared(activated, worker), into: fedForward, path: path)
            add(own.middle[place], normed(fedForward, .feedForwardOutput, place), into: own.output[place])
        }
    }

    /// The norm at `position` of `x` in the worker's scratch, or `x` itself where the layer has none there.
    private func normed(_ x: Tensor, _ position: NormPosition, _ place: Place) -> Tensor {
        guard architecture.layers[place.layer].norms.contains(position) else { return x }
        let weight = parameters.layers[place.layer].vector(position.weight)
        let y = buffers.normed[place]
        architecture.norm.forward(x, weight: weight, into: y, path: path)
        return y
    }

    /// Rows in the format of the matrices, valid until the worker's next call.
    func prepared(_ x: Tensor, _ worker: Int) -> PreparedRows {
        PreparedRows(x, parameters.format, scratch: buffers.roundingScratch(worker), path: path)
    }

    private func add(_ x: Tensor, _ y: Tensor, into sum: Tensor) {
        if sum.baseAddress != x.baseAddress { sum.copy(from: x) }
        sum.add(y, path: path)
    }

    // MARK: - Head

    /// - Parameters: where the likeliest tokens, the sums at temperatures and the chosen tokens go, from a scored row on.
    private func scoreRows(
        top: (_ first: Int) -> Head.Top? = { _ in nil }, tempered: (_ first: Int) -> Head.Tempered? = { _ in nil },
        chosen: (_ first: Int) -> Head.Chosen? = { _ in nil }
    ) -> [Float] {
        let head = head
        let blocks = WorkPlan.headBlocks(in: plan.scoredRows.count, threads: workers.threads)
        plan.targets.withUnsafeBufferPointer { targets in
            guard let targets = targets.baseAddress else { return }
            workers.forEach(blocks.count) { (block: Int, worker: Int) in
                let scored = blocks[block]
                let scratch = buffers.headScratch(worker)
                let normed = finalRows(scored, into: buffers.headRows(worker))
                let x = PreparedRows(normed, parameters.format, scratch: buffers.headRounding(worker), path: path)
                head.forward(
                    x, parameters.head, targets: targets + scored.lowerBound, keeping: buffers.logits?[scored],
                    top: top(scored.lowerBound), tempered: tempered(scored.lowerBound),
                    chosen: chosen(scored.lowerBound), scratch: scratch,
                    logSumExp: buffers.logSumExp + scored.lowerBound,
                    targetLogits: buffers.targetLogits + scored.lowerBound)
            }
        }
        return plan.scoredRows.indices.map { buffers.targetLogits[$0] - buffers.logSumExp[$0] }
    }

    /// cap tanh(z / cap) / temperature is the cap of z / temperature at cap / temperature.
    var head: Head { Head(softCap: architecture.finalSoftCap.map { $0 * inverseTemperature }) }

    /// Divides rows that the head reads, or their gradients, by the temperature.
    func temper(_ rows: Tensor) {
        if temperature != 1 { rows.scale(by: inverseTemperature, path: path) }
    }

    private var inverseTemperature: Float { Float(1 / temperature) }

    /// The final norm of some scored rows, gathered, divided by the temperature.
    func finalRows(_ scored: Range<Int>, into memory: UnsafeMutablePointer<Float>) -> Tensor {
        let x = Tensor(memory, rows: scored.count, columns: architecture.width)
        for (place, index) in scored.enumerated() {
            architecture.norm.forward(
                buffers.hidden[plan.scoredRows[index]..<plan.scoredRows[index] + 1], weight: parameters.finalNorm,
                into: x[place..<place + 1], path: path)
        }
        temper(x)
        return x
    }
}

extension Tensor {
    /// One head's columns.
    func head(_ index: Int, _ width: Int) -> Tensor { columns(index * width..<(index + 1) * width) }

    /// Every head a row of its own.
    func cut(into width: Int) -> Tensor { Tensor(baseAddress, rows: contiguousCount / width, columns: width) }
}
