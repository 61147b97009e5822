import Tensors

/// Number and length of the sequences that a decoder makes room for.
package struct DecoderLimits: Sendable {
    /// Most sequences that are decoded together.
    package let sequences: Int
    /// Most tokens of a sequence, its prompt included.
    package let maxTokens: Int

    package init(sequences: Int, maxTokens: Int) {
        precondition(sequences > 0 && maxTokens > 0, "a decoder holds at least one token")
        self.sequences = sequences
        self.maxTokens = maxTokens
    }
}

/// Runs a model forward a few tokens at a time, with what came before kept in a cache of keys and values.
///
/// The kernels are those of scoring, and a row's arithmetic does not depend on its neighbours: the log-prob of a token is the same
/// bits as in a pass over the whole sequence, whatever is decoded beside it and however the sequence was cut into calls. Every
/// family decodes; sliding windows and latent attention need nothing of their own here, since positions are cached as attention sees
/// them, after projection and turning.
///
/// Used by one thread at a time. Parameters are read at each call, so those of a student may change between sequences, not within one.
package final class Decoder {
    /// Tokens by which one sequence grows in a call of `extend`.
    package struct Part {
        /// Number of the sequence, 0 ..< `limits.sequences`.
        package let sequence: Int
        /// Ids that come next, at least one.
        package let tokenIDs: [Int32]

        package init(sequence: Int, tokenIDs: [Int32]) {
            self.sequence = sequence
            self.tokenIDs = tokenIDs
        }
    }

    /// What the decoder was made for; `maxTokens` may be less than these say.
    package let limits: DecoderLimits
    /// Most tokens of a sequence: the limit, or the model's context where that is less.
    package let maxTokens: Int
    /// V: ids from this one on are refused, and `withLogits` gives so many logits.
    package let vocabularySize: Int
    private let architecture: TransformerArchitecture
    private let parameters: ModelParameters
    private let owner: AnyObject
    private let workers: WorkerPool
    private let tables: RotaryTables
    private let cache: KeyValueCache
    private var lengths: [Int]
    private var memory = TensorBuffer(count: 0)
    private var last: (pass: ForwardPass, logits: Tensor)?

    init(
        _ architecture: TransformerArchitecture, parameters: ModelParameters, of owner: AnyObject,
        limits: DecoderLimits,
        workers: WorkerPool
    ) {
        self.architecture = architecture
        self.parameters = parameters
        self.owner = owner
        self.limits = limits
        self.workers = workers
        maxTokens = min(limits.maxTokens, architecture.contextLength)
        vocabularySize = architecture.vocabularySize
        tables = RotaryTables(architecture.rotaries)
        cache = KeyValueCache(architecture, sequences: limits.sequences, maxTokens: maxTokens)
        lengths = [Int](repeating: 0, count: limits.sequences)
    }

    /// Number of tokens that a sequence has so far.
    package func length(_ sequence: Int) -> Int { lengths[sequence] }

    /// Forgets a sequence, so that another can take its number.
    package func clear(_ sequence: Int) { lengths[sequence] = 0 }

    /// Begins a sequence with the first tokens of another, as if it had read them.
    func copy(_ tokens: Int, from source: Int, to sequence: Int) {
        precondition(tokens <= lengths[source] && lengths[sequence] == 0, "an empty sequence takes what another has")
        cache.copy(tokens, from: source, to: sequence)
        lengths[sequence] = tokens
    }

    /// Appends tokens to sequences; then `logits` and `logProbs` speak of the token after each part's last, at the temperature.
    ///
    /// - Parameters:
    ///   - parts: one at most for each sequence. Those that begin sequences with the same tokens are computed once.
    ///   - temperature: more than 0.
    /// - Throws: `TransformerError` for an id out of range, a sequence over `maxTokens`, a result that is not finite. The sequences
    ///   are then as before.
    package func extend(_ parts: [Part], temperature: Double = 1) throws {
        precondition(temperature > 0 && temperature.isFinite, "a distribution has a temperature above 0")
        try check(parts)
        let rows = PartRows(parts, from: lengths)
        var measure = Carver(nil)
        _ = carve(rows: rows.tokenIDs.count, parts: parts.count, &measure)
        if measure.count > memory.count {
            last = nil
            memory = TensorBuffer(count: 0)
            memory = TensorBuffer(count: measure.count, zeroed: false)
        }
        var carver = Carver(memory)
        let (buffers, logits) = carve(rows: rows.tokenIDs.count, parts: parts.count, &carver)
        let pass = ForwardPass(
            architecture: architecture, parameters: parameters, plan: WorkPlan(rows, threads: workers.threads),
            buffers: buffers,
            rotaries: tables.rotaries(positions: maxTokens), workers: workers, temperature: temperature)
        pass.embed()
        for index in architecture.layers.indices {
            pass.projectHeads(index)
            attend(pass, parts, rows, index)
            pass.finishLayer(index)
        }
        project(pass, targets: [Int32](repeating: 0, count: parts.count), keeping: logits)
        for (index, part) in parts.enumerated() {
            guard buffers.logSumExp[index].isFinite else {
                throw TransformerError.nonFiniteLogProb(
                    position: lengths[part.sequence] + part.tokenIDs.count)
            }
        }
        for part in parts { lengths[part.sequence] += part.tokenIDs.count }
        last = (pass, logits)
    }

    /// Hands the logits of the token after a part's last to `body`: [V], divided by the temperature, to be soft-capped where the
    /// model says so.
    package func withLogits<Result>(_ part: Int, _ body: (UnsafeBufferPointer<Float>, _ softCap: Float?) -> Result)
        -> Result
    {
        guard let last else { preconditionFailure("logits follow extend") }
        return body(
            UnsafeBufferPointer(start: last.logits.row(part), count: vocabularySize), last.pass.head.softCap)
    }

    /// Natural log-prob of one next token for each part of the last `extend`.
    package func logProbs(of tokens: [Int32]) -> [Float] {
        guard let (pass, logits) = last else { preconditionFailure("log-probs follow extend") }
        precondition(tokens.count == logits.rows, "one token a part")
        guard architecture.finalSoftCap == nil else {
            project(pass, targets: tokens, keeping: nil)
            return tokens.indices.map { pass.buffers.targetLogits[$0] - pass.buffers.logSumExp[$0] }
        }
        return tokens.enumerated().map { logits.row($0)[Int($1)] - pass.buffers.logSumExp[$0] }
    }

    private func check(_ parts: [Part]) throws {
        precondition(Set(parts.map(\.sequence)).count == parts.count, "a sequence has one part")
        for part in parts {
            precondition(!part.tokenIDs.isEmpty, "a part has tokens")
            let length = lengths[part.sequence]
            for (index, id) in part.tokenIDs.enumerated() where id < 0 || id >= vocabularySize {
                throw TransformerError.tokenOutOfRange(
                    position: length + index, id: id, vocabularySize: vocabularySize)
            }
            guard length + part.tokenIDs.count <= maxTokens else {
                throw TransformerError.segmentTooLong(
                    start: 0, tokens: length + part.tokenIDs.count, limit: maxTokens)
            }
        }
    }

    private func carve(rows: Int, parts: Int, _ carver: inout Carver) -> (ForwardBuffers, logits: Tensor) {
        let buffers = ForwardBuffers(
            architecture, format: .f32, tokens: max(rows, parts), keyBlockCount: 0, keep: false, workers: workers,
            &carver)
        return (buffers, carver.matrix(parts, Head.keptColumns(vocabularySize, path: workers.path)))
    }

    /// Caches the new keys and values of a layer and lets the new queries see all that their sequences have.
    private func attend(_ pass: ForwardPass, _ parts: [Part], _ partRows: PartRows, _ index: Int) {
        let (attention, own) = (architecture.layers[index].attention, pass.buffers.layers[index])
        let heads = attention.keyValueHeads
        workers.forEach(parts.count * heads) { (item: Int, worker: Int) in
            let (number, head) = item.quotientAndRemainder(dividingBy: heads)
            let (sequence, rows) = (parts[number].sequence, partRows.ofPart[number])
            let first = lengths[sequence]
            cache.append(
                index, sequence: sequence, head: head, first: first,
                keys: own.keys[rows].head(head, attention.queryKeyWidth),
                values: own.values[rows].head(head, attention.valueWidth))
            guard partRows.isFirst[number] else { return }
            let blocks = cache.blocks(index, sequence: sequence, head: head)
            for start in stride(from: 0, to: rows.count, by: Attention.queryBlock) {
                let end = min(start + Attention.queryBlock, rows.count)
                let queries = rows.lowerBound + start..<rows.lowerBound + end
                attention.group.forward(
                    queries: own.queries[queries].head(head, attention.headsPerGroup * attention.queryKeyWidth),
                    first: first + start, blocks: blocks,
                    into: own.attended[queries].head(head, attention.headsPerGroup * attention.valueWidth),
                    logSumExp: nil, scratch: pass.buffers.attentionScratch(worker), path: workers.path)
            }
        }
    }

    private func project(_ pass: ForwardPass, targets: [Int32], keeping logits: Tensor?) {
        let head = pass.head
        let blocks = WorkPlan.headBlocks(in: targets.count, threads: workers.threads)
        targets.withUnsafeBufferPointer { targets in
            guard let targets = targets.baseAddress else { return }
            workers.forEach(blocks.count) { (block: Int, worker: Int) in
                let rows = blocks[block]
                let normed = pass.finalRows(rows, into: pass.buffers.headRows(worker))
                let x = PreparedRows(normed, .f32, scratch: pass.buffers.headRounding(worker), path: workers.path)
                head.forward(
                    x, parameters.head, targets: targets + rows.lowerBound, keeping: logits?[rows],
                    scratch: pass.buffers.headScratch(worker), logSumExp: pass.buffers.logSumExp + rows.lowerBound,
                    targetLogits: pass.buffers.targetLogits + rows.lowerBound)
            }
        }
    }
}
